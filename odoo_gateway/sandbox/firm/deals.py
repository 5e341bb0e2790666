"""What was sold: every order of the firm."""

from odoo_gateway.sandbox.firm.kinds import (
    AMERICA,
    Deal,
    DownPayment,
    Heading,
    Hours,
    Reinvoiced,
    Stage,
    Stages,
    Units,
)

EUROPEAN: tuple[Deal, ...] = (
    Deal(
        "Hafenwerk GmbH",
        2,
        (Hours("Process consulting", 110.0, 300, (5, 7), posted=4),),
        reference="PO-4711",
        files=("Signed timesheet.pdf",),
    ),
    Deal("Lumen Energie", 2, (Hours("Grid study", 125.0, 400, (6, 10)),), days_ago=95),
    Deal(
        "Delta Port Authority",
        3,
        (Hours("Integration team", 95.0, 800, (13, 14), 10.0, posted=6, drafted=2),),
        reference="DPA-2201",
    ),
    Deal(
        "Kunsthaus Verlag",
        3,
        (
            Stages(
                "Web shop",
                48000.0,
                (
                    Stage("Concept", 25, 60, 50, billed=True),
                    Stage("Prototype", 25, 15, 12),
                    Stage("Launch", 30, 9),
                    Stage("Hand-over", 20, -40),
                ),
                (12,),
            ),
        ),
        files=("Acceptance prototype.pdf",),
    ),
    Deal(
        "Brauerei Sonnental",
        3,
        (
            Stages(
                "Brew control",
                36000.0,
                (Stage("Pilot", 50, 75, 70), Stage("Roll-out", 50, -30)),
                (15,),
            ),
        ),
    ),
    Deal(
        "Museo Civico",
        2,
        (Units("Curator workshops (days)", 1100.0, 10, 6, invoiced=2, team=(8,)),),
        reference="MC/88",
    ),
    Deal(
        "Aerotech Toulouse",
        3,
        (Hours("Support, prepaid hours", 130.0, 900, (16,), prepaid=True, posted=0),),
        reference="4500017712",
    ),
    Deal(
        "Stadtwerke Ostheim",
        2,
        (Units("Tariff audit, fixed price", 15000.0, 1, 0, on_order=True, team=(9,)),),
        days_ago=33,
    ),
    Deal(
        "Biolab Leuven",
        3,
        (
            Hours("Lab software", 140.0, 600, (24, 25), posted=5),
            Reinvoiced("Train tickets", 640.5),
            Reinvoiced("Hotel Leuven", 512.0, invoiced=True),
        ),
        open_expenses=(("Taxi to the lab", "submitted"), ("Lab shoes", "approved")),
    ),
    Deal(
        "Nordsee Logistik",
        3,
        (
            Stages(
                "Yard planning",
                60000.0,
                (Stage("Design", 40, 30, 28), Stage("Build", 60, -60)),
                (17,),
            ),
            DownPayment(18000.0),
        ),
        files=("Design sign-off.pdf",),
        billing_contact=True,
    ),
    Deal(
        "Atelier Renard",
        2,
        (
            Units("Sensor kit", 89.0, 12, 12, on_order=True, goods=True),
            Units("Installation (days)", 900.0, 3, 1),
        ),
    ),
    Deal("Café Central", 2, (Hours("Menu app", 0.0, 40, (26,)),), days_ago=80),
    Deal(
        "Orchestre de Gand",
        2,
        (Hours("Ticketing", 105.0, 250, (12,)),),
        email=False,
        taxed=True,
    ),
    Deal(
        "Fjord Shipping",
        2,
        (Units("Route study", 9000.0, 1, 0, on_order=True),),
        state="cancel",
    ),
    Deal("Helvetia Bau", 2, (Hours("Site reporting", 115.0, 120, ()),), state="sent"),
    Deal("Ostwind Solar", 3, (Units("Yield model", 7000.0, 1, 0),), state="draft", days_ago=4),
    Deal(
        "Rhein Kliniken",
        3,
        (Hours("Ward planning", 120.0, 900, (3, 17), posted=1),),
        reference="RK-2025-7",
    ),
    Deal(
        "Vlaamse Pers",
        3,
        (Hours("Newsroom tools", 98.0, 500, (11,), posted=5, fate="cancelled"),),
    ),
    Deal(
        "Porto Digital",
        3,
        (Hours("Design system", 92.0, 300, (22,), posted=6, fate="reversed"),),
    ),
    Deal(
        "Alpen Reisen",
        2,
        (
            Heading("Booking platform"),
            Hours("Development", 112.5, 400, (2, 23), posted=8),
            Units("Licence, one year", 4800.0, 1, 0, on_order=True, invoiced=1, added=30),
            Heading("Prices hold until the end of the year.", "line_note"),
        ),
        reference="AR 2",
        open_expenses=(("Flight to Zürich", "posted"), ("Refused dinner", "refused")),
    ),
    Deal("Baltic Foods", 2, (Units("Audit (days)", 1250.0, 8, 8, drafted=8),)),
    Deal("Cinéma Lumière", 2, (Units("Training (days)", 950.0, 5, 3, invoiced=5),)),
)

AMERICAN: tuple[Deal, ...] = (
    Deal(
        "Harbor Mutual",
        28,
        (Hours("Claims portal", 185.0, 900, (30, 31), posted=5),),
        AMERICA,
        reference="HM-0042",
    ),
    Deal(
        "Redwood Clinics",
        29,
        (Hours("Patient scheduling", 165.0, 700, (32, 33)),),
        AMERICA,
        reference="RC-17",
        days_ago=75,
    ),
    Deal(
        "Pioneer Rail",
        28,
        (
            Stages(
                "Dispatch system",
                120000.0,
                (
                    Stage("Blueprint", 20, 90, 88, billed=True),
                    Stage("Core", 40, 20),
                    Stage("Go-live", 40, -80),
                ),
                (29,),
            ),
        ),
        AMERICA,
    ),
    Deal(
        "Bluegrass Foods",
        29,
        (Hours("Care plan, prepaid hours", 170.0, 80, (34,), prepaid=True),),
        AMERICA,
        days_ago=100,
    ),
    Deal(
        "Summit Outdoor",
        28,
        (
            Units("Store roll-out (days)", 1480.0, 20, 7.5, invoiced=4, discount=5.0, team=(39,)),
            Reinvoiced("Van rental", 388.15),
        ),
        AMERICA,
        open_expenses=(("Fuel", "draft"),),
    ),
    Deal(
        "Koala Apps",
        36,
        (Hours("Mobile squad", 150.0, 1500, (36, 37, 38), posted=4),),
        AMERICA,
        reference="KA-9",
    ),
    Deal(
        "Lakeside Schools",
        28,
        (Units("Enrolment study, fixed price", 22000.0, 1, 1, invoiced=1, on_order=True),),
        AMERICA,
    ),
    Deal(
        "Maple Insurance",
        29,
        (Hours("European desk", 138.0, 600, (35,), posted=7),),
        AMERICA,
        currency="EUR",
    ),
    Deal(
        "Old Mill Press",
        28,
        (Units("Archive scan (days)", 700.0, 4, 4, invoiced=4),),
        AMERICA,
        days_ago=200,
    ),
    Deal(
        "Cactus Motors",
        28,
        (Units("Fleet study", 12000.0, 1, 0, on_order=True),),
        AMERICA,
        state="cancel",
    ),
)
DEALS = (*EUROPEAN, *AMERICAN)
