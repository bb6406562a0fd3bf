"""A small foreign help centre: a plumber's, partly in German and Spanish. Nothing in it is about advertising."""

from tests.search.small_snapshot import Page

TAP = "repairs/fix-a-dripping-tap"
BOILER = "repairs/boiler-pressure"
DRAIN = "repairs/blocked-drain"
VISIT = "visits/book-a-visit"

PAGES = (
    Page(
        "en", TAP, "How do I fix a dripping tap?",
        (
            ("What do I need?", "A spanner, a new washer and a towel. Turn the water off at the stopcock first."),
            ("How do I change the washer?", "1. Turn off the water.\n2. Unscrew the handle.\n3. Swap the washer."),
        ),
    ),
    Page(
        "en", BOILER, "My boiler pressure is too low",
        (
            ("How do I see the pressure?", "The gauge should stand between one and one and a half bar."),
            ("How do I top up the pressure?", "Open the filling loop slowly until the gauge shows one bar. Error E-119."),
        ),
    ),
    Page("en", DRAIN, "How can I clear a blocked drain?", (("", "Try a plunger first. Then rinse the trap in a bucket."),)),
    Page(
        "en", VISIT, "How do I book a plumber?",
        (
            ("", "Choose a day and a two-hour window. You can cancel a visit until the evening before."),
            ("What does a visit cost?", "The call-out fee covers the first half hour; parts are charged as used."),
        ),
    ),
    Page(
        "de", VISIT, "Wie buche ich einen Termin?",
        (("", "Wählen Sie einen Tag und ein Zeitfenster. Bis zum Vorabend können Sie den Termin absagen."),),
    ),
    Page(
        "es", BOILER, "La presión de la caldera es demasiado baja",
        (("¿Cómo subo la presión?", "Abra despacio la llave de llenado hasta que el manómetro marque un bar."),),
    ),
)  # fmt: skip
