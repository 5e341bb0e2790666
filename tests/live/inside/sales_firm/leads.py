"""The pipeline: opportunities of all stages, what was done about them, and their quotations."""

from datetime import datetime
from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

SCOPE = (
    False,
    "<p>Short words.</p>",
    "<p>Move <b>payroll</b> and ledgers of seven branches, train forty clerks &amp; keep the old "
    "archive readable until the auditors are content.</p>",
)
# What a quotation says of those notes: nothing, some, all.
CARRIED = (
    False,
    "Move payroll and ledgers.",
    "Move payroll and ledgers of seven branches, train forty clerks and keep the old archive "
    "readable until the auditors are content.",
)
FATES = ("open",) * 6 + ("won", "won", "lost", "lost")


def make(firm: SalesFirm) -> None:
    """Leads and opportunities, a part of them won or lost."""
    firm.known["stages"] = list(firm.env["crm.stage"].search([("is_won", "=", False)]))
    firm.known["won stage"] = firm.env["crm.stage"].search([("is_won", "=", True)], limit=1)
    fates = [firm.pick(FATES) for _ in range(firm.base.size)]
    rows = [_lead(firm, number, fate) for number, fate in enumerate(fates)]
    leads = firm.env["crm.lead"].create(rows)
    by = {
        fate: leads.filtered(lambda lead, fate=fate: fates[leads.ids.index(lead.id)] == fate)
        for fate in set(FATES)
    }
    by["lost"].action_set_lost()
    by["won"].write({"stage_id": firm.known["won stage"].id, "probability": 100})
    firm.env.flush_all()
    for lead, fate in zip(leads, fates, strict=True):
        _ages(firm, lead, fate)
    firm.known["won"] = list(by["won"].filtered(lambda lead: lead.type == "opportunity"))[::2]
    firm.known["open"] = list(by["open"].filtered(lambda lead: lead.type == "opportunity"))
    firm.base.done("leads")


def _lead(firm: SalesFirm, number: int, fate: str) -> dict[str, Any]:
    known = firm.known
    return {
        "name": f"Opportunity {number:03}",
        "type": "lead" if number % 17 == 4 and fate != "won" else "opportunity",
        "company_id": firm.pick([False, *firm.companies.ids]),
        "stage_id": firm.pick(known["stages"]).id,
        "user_id": firm.pick([False, *(known[f"sal{n}"].id for n in range(6))]),
        "team_id": firm.pick([False, *(team.id for team in known["teams"])]),
        "partner_id": firm.pick([False, *(one.id for one in known["customers"])])
        if number % 3
        else False,
        "description": firm.pick(SCOPE),
        "expected_revenue": firm.pick([0.0, 1500.0, 4800.0, 12000.0, 99000.0]),
        "date_deadline": firm.pick([False, firm.ago(30), firm.ago(0), firm.ago(-30)]),
        "email_from": firm.pick([False, f"who{number}@elsewhere.example"]),
    }


def _ages(firm: SalesFirm, lead: Any, fate: str) -> None:
    """When it was made, came to each of its stages, became an opportunity and was closed."""
    age = firm.pick([3, 12, 20, 60, 200, 500, 700])
    made = firm.moment(age)
    firm.was(lead, "create_date", made)
    passed = [stage for stage in firm.known["stages"] if stage.sequence < lead.stage_id.sequence]
    moments = sorted(firm.moment(firm.base.chance.randrange(age)) for _ in passed)
    firm.was(lead, "date_last_stage_update", moments[-1] if moments else made)
    if firm.one_in(6):
        firm.was(lead, "date_conversion", firm.moment(firm.base.chance.randrange(age)))
    if fate != "open":
        firm.was(lead, "date_closed", firm.moment(firm.base.chance.randrange(age)))
    for stage, at in zip(passed, moments, strict=True):
        _moved(firm, lead, stage, at)


def _moved(firm: SalesFirm, lead: Any, stage: Any, at: datetime) -> None:
    """What Odoo keeps when a stage is left: a message, and the stage of before."""
    field = firm.env["ir.model.fields"]._get("crm.lead", "stage_id")
    message = firm.env["mail.message"].create(
        {"model": "crm.lead", "res_id": lead.id, "message_type": "notification", "date": at}
    )
    value = firm.env["mail.tracking.value"].create(
        {"field_id": field.id, "old_value_integer": stage.id, "mail_message_id": message.id}
    )
    firm.was(value, "create_date", at)


def follow(firm: SalesFirm) -> None:
    """Quotations of the open and some won ones, and what is planned or was done about each."""
    _quotations(firm)
    _activities(firm)
    _tasks(firm)
    firm.base.done("what follows leads")


def _quotations(firm: SalesFirm) -> None:
    rows = []
    for lead in firm.known["open"]:
        rows += [_quotation(firm, lead) for _ in range(firm.pick([0, 0, 1, 1, 2]))]
    for lead in firm.known["won"][1::7]:
        rows.append(_quotation(firm, lead))
    rows += [_quotation(firm, None) for _ in range(25)]
    quotations = firm.env["sale.order"].create(rows)
    for number, quotation in enumerate(quotations):
        _edit(firm, quotation)
        quotation.state = firm.pick(["draft", "draft", "sent", "sent", "sent", "cancel"])
        age = firm.base.chance.randrange(1, 70)
        firm.was(quotation, "create_date", firm.moment(age + 2))
        quotation.date_order = firm.moment(age)
        quotation.validity_date = firm.pick([False, firm.ago(1), firm.ago(0), firm.ago(-20)])
        text = CARRIED[number % 3]
        if text and number % 2:
            quotation.message_post(body=text, message_type="comment", subtype_xmlid="mail.mt_note")
    for lead in firm.known["open"][::12]:
        # Odoo refuses such a quotation, and lets the opportunity move afterwards.
        lead.company_id = firm.companies[0 if lead.company_id == firm.companies[1] else 1]
    firm.known["quotations"] = list(quotations)
    firm.base.done("quotations")


def _quotation(firm: SalesFirm, lead: Any) -> dict[str, Any]:
    known = firm.known
    company = lead.company_id if lead and lead.company_id else firm.pick(list(firm.companies))
    customer = lead.partner_id if lead and lead.partner_id else firm.pick(known["customers"])
    text = firm.pick(CARRIED)
    names = firm.pick([["consulting"], ["rollout", "training"], ["stages"], ["retainer", "laptop"]])
    values = {
        "partner_id": customer.id,
        "company_id": company.id,
        "opportunity_id": lead.id if lead else False,
        "user_id": firm.pick([False, *(known[f"sal{n}"].id for n in range(6))]),
        "team_id": firm.pick([False, *(team.id for team in known["teams"])]),
        "note": firm.pick([False, f"<p>{firm.pick(CARRIED) or ''}</p>"]),
        "order_line": [
            *((0, 0, {"product_id": known["products"][one].id}) for one in names),
            *([(0, 0, {"display_type": "line_note", "name": text})] if text else []),
        ],
    }
    if firm.one_in(4):
        values["pricelist_id"] = known["pricelists"][company.id].id
    return values


def _edit(firm: SalesFirm, quotation: Any) -> None:
    """Prices and discounts that somebody typed over those of the price list."""
    line = quotation.order_line.filtered("product_id")[:1]
    change = firm.base.chance.randrange(9)
    if change == 0:
        line.price_unit = 0.0
    elif change == 1:
        line.price_unit *= 1.2
    elif change == 2:
        line.price_unit *= 1.004
    elif change == 3:
        line.discount = firm.pick([10.0, 15.0, 15.5, 100.0])
    elif change == 4:
        off = {"order_id": quotation.id, "name": "Off", "product_uom_qty": 1}
        product = firm.known["products"]["training"].id
        price = -firm.pick([0.1, 0.4]) * (quotation.amount_untaxed or 100.0)
        firm.env["sale.order.line"].create({**off, "product_id": product, "price_unit": price})


def _activities(firm: SalesFirm) -> None:
    """Planned for today, past and future days; done; of three types."""
    kinds = firm.env["mail.activity.type"].create(
        [
            {"name": f"Sales firm: {name}", "res_model": "crm.lead"}
            for name in ("risk review", "estimate", "call")
        ]
    )
    model = firm.env["ir.model"]._get_id("crm.lead")
    rows, done = [], []
    for lead in firm.known["open"]:
        for kind in kinds:
            planned = {
                "res_model_id": model,
                "res_id": lead.id,
                "activity_type_id": kind.id,
                "user_id": firm.known["sal0"].id,
                "date_deadline": firm.ago(firm.pick([5, 0, -5])),
            }
            fate = firm.base.chance.randrange(4)
            if fate == 0:
                rows.append(planned)
            elif fate == 1:
                done.append(planned)
    quiet = firm.env["mail.activity"].with_context(mail_activity_quick_update=True)
    quiet.create(rows)
    quiet.create(done).action_feedback(feedback="Seen to")
    firm.base.done("activities")


def _tasks(firm: SalesFirm) -> None:
    """Tasks that are tied to opportunities by a field of the firm's own."""
    firm.env["ir.model.fields"].create(
        {
            "model_id": firm.env["ir.model"]._get_id("project.task"),
            "name": "x_sales_opportunity",
            "ttype": "many2one",
            "relation": "crm.lead",
            "field_description": "Opportunity",
            "state": "manual",
        }
    )
    project = firm.env["project.project"].create({"name": "Sales firm: reviews"})
    rows = []
    for lead in firm.known["open"]:
        for name in ("Review  the scope", "review the SCOPE", "Ask the lawyer"):
            if firm.one_in(3):
                state = firm.pick(["01_in_progress", "1_done", "1_canceled"])
                tied = {"x_sales_opportunity": lead.id, "project_id": project.id}
                rows.append({"name": name, "state": state, **tied})
    firm.env["project.task"].create(rows)
