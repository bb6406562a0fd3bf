"""A help centre small enough to know by heart, and a judge whose verdicts a test decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chat.confidence import Confidence
from app.search.hit import Results

PAYMENT_FAILED = """---
title: "My payment failed: what now?"
kind: troubleshooting
---
When a payment fails, the ad costs stay open and campaigns can stop.

## How do I recognise a failed payment?

- A banner on the billing page.
- An entry marked as declined in the payment history.

## Why did my payment fail? Checks in order

Go through these in order:

1. **Expired card.** Compare the expiry date. Fix: enter the new card.
2. **Approval missing.** Open your bank's app and confirm the payment there.
3. **Limit reached.** Ask your bank to raise the limit & try once more.

If all three are fine, wait one day.
"""
CHANGE_CARD = """---
title: Change your payment method
kind: tutorial
---
You can replace the card or bank account that pays for your ads at any time.

## How do I change the card?

1. Open the billing page.
2. Choose **Add payment method** and enter the new card.
3. Mark the new card as default.

It takes two minutes. The change is valid from the next charge.
"""
REFUND = """---
title: "How long does a refund take?"
kind: faq
---
A refund takes three to ten business days, depending on your bank. Cards are faster than transfers.
"""
AD_REJECTED = """---
title: "My ad was rejected"
kind: troubleshooting
---
A rejected ad broke an advertising rule.

## Checks

1. Read the reason beside the ad.
2. Correct the text or the picture.
3. Submit the ad again.
"""
AD_STUCK = """---
title: "My ad is stuck in review"
kind: troubleshooting
---
Most ads leave review within three days.

## Checks

1. Look at the status beside the ad.
2. Wait until the third day has passed.
"""
PAYMENT_FAILED_JA = """---
title: お支払いに失敗した場合
kind: troubleshooting
translation_of: 1
---
お支払いに失敗すると、広告費は未払いのまま残り、キャンペーンが停止することがあります。

## 支払いが失敗した原因の確認

1. **カードの有効期限。** 有効期限を確認します。新しいカードを登録してください。
2. **本人確認。** 銀行のアプリで支払いを承認してください。
"""
PAYMENT_FAILED_AR = """---
title: فشلت عملية الدفع، ماذا أفعل؟
kind: troubleshooting
translation_of: 1
---
عندما تفشل عملية الدفع تبقى تكاليف الإعلانات مفتوحة وقد تتوقف الحملات.

## لماذا فشلت عملية الدفع؟

1. **بطاقة منتهية.** قارن تاريخ الانتهاء. أدخل البطاقة الجديدة.
2. **موافقة ناقصة.** افتح تطبيق البنك وأكد عملية الدفع.
"""
ARTICLES = {
    "en/billing/payment-failed": PAYMENT_FAILED,
    "en/billing/change-payment-method": CHANGE_CARD,
    "en/billing/refund-timing": REFUND,
    "en/campaigns/ad-rejected": AD_REJECTED,
    "en/campaigns/campaign-stuck-in-review": AD_STUCK,
    "ja/billing/payment-failed": PAYMENT_FAILED_JA,
    "ar/billing/payment-failed": PAYMENT_FAILED_AR,
}


def write_articles(content: Path) -> Path:
    """Writes the whole help centre into a content folder."""
    for address, text in ARTICLES.items():
        path = content / f"{address}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return content


@dataclass
class Judge:
    """Confidence as the test says. Without a verdict, a hit counts when most of the question's words stand in it."""

    verdict: str = ""

    def assess(self, results: Results, calibration: Mapping[str, Any]) -> Confidence:
        signals = results.signals
        share = max(signals.words_in_article, signals.heading_fit)
        band: Any = self.verdict or ("high" if share >= 0.5 else "low")
        return Confidence({"high": 0.9, "middling": 0.5, "low": 0.1}[band] + 0.05 * share, band)
