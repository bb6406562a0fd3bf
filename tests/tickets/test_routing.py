"""Routing by topic and language, and a file that cannot be wrong in silence."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import SettingRefused
from app.languages import TAGS
from app.people.person import Person, Role
from app.sla.policy import Priority
from app.tickets.routing import Team, choose_assignee, read_routing

WHOLE = """
[[teams]]
key = "billing"
name = "Billing"
topics = ["billing"]
languages = ["es"]

[[teams]]
key = "rest"
name = "Everybody"

[priority]
default = "normal"

[priority.topics]
billing = "high"
"""
CONTENT = Path(__file__).parents[2] / "content" / "en"
TEAM = Team("billing", "Billing", (), (), 1)


def _file(folder: Path, text: str) -> Path:
    path = folder / "routing.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _person(name: str, *languages: str, teams: tuple[str, ...] = (), role: Role = Role.AGENT) -> Person:
    created_at = datetime(2026, 1, 1, tzinfo=UTC)
    return Person(
        name, f"{name}@example.test", name, role, languages, teams, is_active=True, created_at=created_at
    )


def test_a_team_is_found_for_every_topic_and_language() -> None:
    """R1.4, R1.9: topics and languages take part in routing."""
    routing = read_routing()
    topics = [folder.name for folder in CONTENT.iterdir() if folder.is_dir()]
    assert len(topics) >= 8
    for language in TAGS:
        for topic in (*topics, "a-topic-of-tomorrow", None):
            assert routing.team(topic, language).takes(topic, language)
    assert routing.team("billing", "de").key == "billing"
    assert routing.team("getting-started", "ja").key == "asia-pacific"
    assert routing.team(None, "en").key == "front-line"


def test_the_file_names_only_topics_that_the_articles_have() -> None:
    routing = read_routing()
    named = {topic for team in routing.teams for topic in team.topics} | set(routing.topic_priorities)
    assert named <= {folder.name for folder in CONTENT.iterdir()}


def test_both_topic_and_language_must_fit(tmp_path: Path) -> None:
    routing = read_routing(_file(tmp_path, WHOLE))
    assert routing.team("billing", "es").key == "billing"
    assert routing.team("billing", "en").key == "rest"
    assert routing.team("campaigns", "es").key == "rest"
    assert routing.name_of("billing") == "Billing"
    assert routing.name_of("dissolved") == "dissolved"


def test_the_most_pressing_priority_wins() -> None:
    routing = read_routing()
    assert routing.priority(None, None) is Priority.NORMAL
    assert routing.priority("billing", "LOW_CONFIDENCE") is Priority.HIGH
    assert routing.priority("billing", "SENSITIVE_TOPIC") is Priority.URGENT
    assert routing.priority("getting-started", "SENSITIVE_TOPIC") is Priority.URGENT


def test_the_person_speaks_the_language_and_has_the_fewest_tickets() -> None:
    ana, ben, eva = _person("ana", "es"), _person("ben", "es"), _person("eva", "es", role=Role.EDITOR)
    staff = (ana, ben, eva, _person("kenji", "ja"))
    assert choose_assignee(TEAM, "es", staff, {"ana": 2, "ben": 1}) == ben
    assert choose_assignee(TEAM, "es", staff, {}) == ana
    assert choose_assignee(TEAM, "ar", staff, {}) is None


def test_the_teams_own_people_come_first() -> None:
    ana, ben = _person("ana", "es"), _person("ben", "es", teams=("billing",))
    assert choose_assignee(TEAM, "es", (ana, ben), {"ben": 9}) == ben


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "teams"),
        ("teams = []\n[priority]\ndefault = 'low'", "teams"),
        (WHOLE.replace('key = "rest"', 'key = "billing"'), "teams: billing is there twice"),
        (WHOLE.replace('languages = ["es"]', 'languages = ["tlh"]'), "teams.0: languages: tlh"),
        (WHOLE.replace('languages = ["es"]', "tier = 9"), "teams.0.tier"),
        (
            WHOLE.replace('name = "Everybody"', 'name = "Everybody"\ntopics = ["billing"]'),
            "teams: the last one",
        ),
        (WHOLE.replace('default = "normal"', ""), "priority.default"),
        (WHOLE.replace('billing = "high"', 'billing = "asap"'), "priority.topics.billing"),
        (WHOLE.replace('name = "Billing"', 'nmae = "Billing"'), "teams.0.nmae"),
        ("[[teams", "cannot be read"),
    ],
)
def test_faults_name_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(SettingRefused) as refused:
        read_routing(path)
    assert refused.value.detail.startswith(f"{path}: ")
    assert key in refused.value.detail
