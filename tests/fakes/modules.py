"""Fields that further modules bring, as `fields_get` tells them, for a sandbox that declares them.

Those of OCA's modules for Odoo 19 are held against the real ones by the live tests. Odoo
Enterprise's and OCA's timesheet sheets (not released for 19) are declared from their sources.
"""

from collections.abc import Mapping
from typing import Any, Final

Declared = Mapping[str, Mapping[str, Mapping[str, Any]]]

ID: Final = {"type": "integer", "store": True}
COMPANY: Final = {"type": "many2one", "relation": "res.company", "store": True}
EMPLOYEE: Final = {"type": "many2one", "relation": "hr.employee", "store": True}
USER: Final = {"type": "many2one", "relation": "res.users", "store": True}
SHEET_STATES: Final = ["new", "draft", "confirm", "done"]
LEVELS: Final = ["0", "1", "2", "3"]

SALE_TIER_VALIDATION: Final[Declared] = {
    "sale.order": {
        "validation_status": {
            "type": "selection",
            "selection": ["no", "waiting", "pending", "rejected", "validated"],
            "store": True,
        }
    },
    "tier.review": {
        "id": ID,
        "model": {"type": "char", "store": True},
        "res_id": {"type": "many2one_reference", "store": True},
        "status": {
            "type": "selection",
            "selection": ["waiting", "pending", "rejected", "approved", "cancel"],
            "store": True,
        },
        "todo_by": {"type": "char", "store": True},
        "reviewer_ids": {"type": "many2many", "relation": "res.users", "store": True},
    },
}
HELPDESK_MGMT: Final[Declared] = {
    "helpdesk.ticket": {
        "id": ID,
        "name": {"type": "char", "store": True, "required": True},
        "commercial_partner_id": {"type": "many2one", "relation": "res.partner", "store": True},
        "company_id": {**COMPANY, "required": True},
        "priority": {"type": "selection", "selection": LEVELS, "store": True},
        "closed": {"type": "boolean", "store": False, "searchable": True},
        "user_id": USER,
    }
}
SALE_PURCHASE: Final[Declared] = {
    "purchase.order": {
        "id": ID,
        "name": {"type": "char", "store": True, "required": True},
        "company_id": {**COMPANY, "required": True},
        "state": {
            "type": "selection",
            "selection": ["draft", "sent", "to approve", "purchase", "cancel"],
            "store": True,
        },
        "user_id": USER,
    },
    "purchase.order.line": {
        "id": ID,
        "company_id": COMPANY,
        "order_id": {
            "type": "many2one",
            "relation": "purchase.order",
            "store": True,
            "required": True,
        },
        "sale_line_id": {"type": "many2one", "relation": "sale.order.line", "store": True},
    },
}
ENTERPRISE_HELPDESK: Final[Declared] = {
    "helpdesk.ticket": {
        "id": ID,
        "name": {"type": "char", "store": True},
        "company_id": COMPANY,
        "priority": {"type": "selection", "selection": LEVELS, "store": True},
        "sla_deadline": {"type": "datetime", "store": True},
        "sla_reached_late": {"type": "boolean", "store": True},
    }
}
TIMESHEET_GRID: Final[Declared] = {
    "account.analytic.line": {
        "validated": {"type": "boolean", "store": True},
        "validated_status": {
            "type": "selection",
            "selection": ["draft", "validated"],
            "store": False,
        },
    },
    "hr.employee": {
        "timesheet_manager_id": {"type": "many2one", "relation": "res.users", "store": True}
    },
}
HR_TIMESHEET_SHEET: Final[Declared] = {
    "account.analytic.line": {
        "sheet_id": {"type": "many2one", "relation": "hr_timesheet.sheet", "store": True},
        "sheet_state": {
            "type": "selection",
            "selection": SHEET_STATES,
            "store": False,
            "searchable": True,
        },
    },
    "hr_timesheet.sheet": {
        "id": ID,
        "date_end": {"type": "date", "store": True, "required": True},
        "employee_id": {**EMPLOYEE, "required": True},
        "reviewer_id": EMPLOYEE,
        "state": {"type": "selection", "selection": SHEET_STATES, "store": True},
    },
}
PLANNING: Final[Declared] = {
    "planning.slot": {
        "id": ID,
        "resource_id": {"type": "many2one", "relation": "resource.resource", "store": True},
        "employee_id": {"type": "many2one", "relation": "hr.employee", "store": True},
        "start_datetime": {"type": "datetime", "store": True, "required": True},
        "end_datetime": {"type": "datetime", "store": True, "required": True},
        "allocated_hours": {"type": "float", "store": True},
        "allocated_percentage": {"type": "float", "store": True},
        "state": {"type": "selection", "selection": ["draft", "published"], "store": True},
    }
}
