"""What of ours belongs into an Odoo of that version, for these events and with these gates.

In Odoo 16 a rule holds its own code, and has no state triggers; none of ours needs them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odoo_gateway import outbox
from odoo_gateway.gates import DECISIONS, named
from odoo_gateway.procedures import calling
from odoo_gateway.procedures.events import UNRULED, WATCHED, Kind, kind_of
from odoo_gateway.procedures.pieces import (
    ACCESS,
    ACTION,
    FIELD,
    GROUP,
    MODEL,
    MODULE,
    RULE,
    Piece,
    Value,
    Values,
    ours,
    source,
)

OPERATIONS: Final = ("read", "write", "create", "unlink")
OF_RULES: Final = (
    "active",
    "filter_domain",
    "filter_pre_domain",
    "model_id",
    "name",
    "trigger",
    "trigger_field_ids",
)
PROJECT: Final = "project.project"
BOT, OVERRIDE, ADMINISTRATORS = ours("group"), ours("group_override"), "base.group_system"
#: Procedure, and the model that it runs on; those of stages share one source.
PROCEDURES: Final[Mapping[str, tuple[str, str]]] = {
    "inventory": ("inventory", "res.partner"),
    "create_project": ("create_project", "sale.order"),
    "draft_invoice": ("draft_invoice", "sale.order"),
    "discard_draft": ("discard_draft", "sale.order"),
    **{name: ("stage", model) for model, name in calling.STAGES.items()},
}
#: Fields by table of ours, each with its type and what it links to.
TABLES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    calling.DIRECTORY: {"x_name": ("char", ""), "x_action_id": ("many2one", ACTION)},
    outbox.MODEL: {
        "x_event": ("char", ""),
        "x_at": ("char", ""),
        "x_kind": ("char", ""),
        "x_model": ("char", ""),
        "x_res_id": ("integer", ""),
        "x_old": ("text", ""),
        "x_new": ("text", ""),
        "x_uid": ("integer", ""),
        "x_company_id": ("integer", ""),
    },
    DECISIONS: {
        "x_key": ("char", ""),
        "x_state": ("char", ""),
        "x_amount": ("float", ""),
        "x_basis": ("char", ""),
        "x_currency": ("char", ""),
        "x_files": ("char", ""),
        "x_reason": ("char", ""),
        "x_seen": ("char", ""),
        "x_uid": ("integer", ""),
    },
}
#: Who may do what with a table of ours, as docs/odoo-install.md tells it.
RIGHTS: Final[Mapping[str, Mapping[str, str]]] = {
    calling.DIRECTORY: {BOT: "read", ADMINISTRATORS: "read write create unlink"},
    outbox.MODEL: {BOT: "read unlink", ADMINISTRATORS: "read"},
    DECISIONS: {BOT: "read create", ADMINISTRATORS: "read"},
}


@dataclass(frozen=True)
class Gate:
    """What nobody may do to a record that is not released."""

    model: str
    #: What a record is like then.
    domain: str
    says: str
    #: What has to be written for it.
    field: str = "state"
    #: The sources of what keeps it, and of the way past it.
    keeps: str = "gate"
    override: str = "override"
    #: The model of the records by which the fleet switches it on, company by company; "" where it
    #: keeps all.
    switched_by: str = ""


GATES: Final[Mapping[str, Gate]] = {
    "invoice_release": Gate(
        "account.move",
        "[('state', '=', 'posted'), ('move_type', '=', 'out_invoice')]",
        "no invoice to a customer is posted that is not released",
    ),
    "order_confirmation": Gate(
        "sale.order",
        "[('state', '=', 'sale')]",
        "no order is confirmed that is not released",
    ),
    "opportunity_stage": Gate(
        "crm.lead",
        "",
        "no opportunity is moved into or past a stage that it is not released for",
        field="stage_id",
        keeps="stage_gate",
        override="stage_override",
        switched_by="crm.stage",
    ),
}


@dataclass(frozen=True)
class Capabilities:
    """What an Odoo has, as far as we build on it."""

    version: int
    #: Automation rules, which the module base_automation brings.
    has_rules: bool
    #: The models that are there, of those that events, gates and procedures name.
    models: Collection[str]
    #: By model, which of the watched fields it keeps.
    kept: Mapping[str, Collection[str]]

    @property
    def groups(self) -> str:
        """What a server action calls the groups that may run it."""
        return "group_ids" if self.version >= 19 else "groups_id"


def models(events: Collection[str]) -> frozenset[str]:
    """Those of which it matters whether they are there."""
    named = [kind.model for kind in map(kind_of, events) if kind]
    on = [PROJECT, *(model for _, model in PROCEDURES.values())]
    return frozenset([*named, *on, *(gate.model for gate in GATES.values())])


def told(odoo: Capabilities, events: Collection[str]) -> tuple[Kind, ...]:
    """The kinds that rules tell in this Odoo."""
    kinds = (kind_of(name) for name in sorted(events))
    return tuple(kind for kind in kinds if kind and odoo.has_rules and kind.model in odoo.models)


def untold(odoo: Capabilities, events: Collection[str]) -> tuple[str, ...]:
    """The events that no rule tells in this Odoo, and that may happen there.

    They come by other ways, or are found by the schedule. Those of models on which no rule of ours
    ever stands are left out.
    """
    names = {kind.name for kind in told(odoo, events)}
    names |= {name for name in events if name.rpartition(".")[0] in UNRULED}
    kinds = {name: kind_of(name) for name in sorted(set(events) - names)}
    return tuple(name for name, kind in kinds.items() if not kind or kind.model in odoo.models)


def pieces(
    odoo: Capabilities, events: Collection[str], gates: Collection[str]
) -> tuple[Piece, ...]:
    """All of them, each after what it rests on."""
    return tuple(_pieces(odoo, events, gates))


def read(odoo: Capabilities) -> dict[str, list[str]]:
    """By model, the fields that a piece of it may have a say in."""
    has_own_code = odoo.version < 17
    of_rule = ["code", "state"] if has_own_code else []
    of_action = [] if has_own_code else ["base_automation_id", "usage"]
    return {
        ACCESS: [
            "active",
            "group_id",
            "model_id",
            "name",
            *(f"perm_{each}" for each in OPERATIONS),
        ],
        ACTION: ["binding_model_id", "code", odoo.groups, "model_id", "name", "state", *of_action],
        FIELD: ["field_description", "model_id", "name", "relation", "state", "ttype"],
        GROUP: ["name"],
        MODEL: ["model", "name", "state"],
        RULE: [*OF_RULES, *of_rule],
        calling.DIRECTORY: ["x_action_id", "x_name"],
    }


def _pieces(odoo: Capabilities, events: Collection[str], gates: Collection[str]) -> Iterator[Piece]:
    yield Piece("group", GROUP, "the fleet's own user", {"name": "Ops fleet: its own user"})
    if gates:
        yield Piece(
            "group_override", GROUP, "who may override gates", {"name": "Ops fleet: override gates"}
        )
    tables = [calling.DIRECTORY, *([outbox.MODEL] if odoo.has_rules else [])]
    for model in [*tables, *([DECISIONS] if gates else [])]:
        yield from _table(model)
    for name, (code, model) in PROCEDURES.items():
        if model in odoo.models:
            yield from _procedure(odoo, name, code, model)
    if odoo.has_rules and PROJECT in odoo.models:
        says = "keeps an order from a second project that only a race makes"
        code = source("project_once", GROUP=BOT)
        yield from _rule(odoo, "project_once", says, PROJECT, "on_create", (), "", code)
    for kind in told(odoo, events):
        yield from _event(odoo, kind)
    for name in sorted(gates):
        yield from _gate(odoo, name, GATES[name])
    if gates:
        overridden = Kind(f"{DECISIONS}.overridden", DECISIONS, "on_create")
        yield from _event(odoo, overridden, "[('x_state', '=', 'overridden')]")


def _table(model: str) -> Iterator[Piece]:
    table: Values = {"model": model, "name": f"Ops fleet: {model}", "state": "manual"}
    yield Piece(model, MODEL, "a table, with its fields", table)
    for name, (kind, relation) in TABLES[model].items():
        yield Piece(
            f"{model}_{name}",
            FIELD,
            f"{model}.{name}",
            {
                "model_id": (model,),
                "name": name,
                "field_description": name,
                "ttype": kind,
                "relation": relation,
                "state": "manual",
            },
        )
    for group, may in RIGHTS[model].items():
        yield Piece(
            f"{model}_access_{group.rpartition('.')[2]}",
            ACCESS,
            f"what {group} may do there",
            {
                "name": f"Ops fleet: {model}",
                "model_id": (model,),
                "group_id": (group,),
                "active": True,
                **{f"perm_{operation}": operation in may.split() for operation in OPERATIONS},
            },
        )


def _procedure(odoo: Capabilities, name: str, code: str, model: str) -> Iterator[Piece]:
    constants = {"MODULE": MODULE, "READ": read(odoo), "WATCHED": dict(WATCHED)}
    written = source(code, **(constants if name == "inventory" else {}))
    yield _action(odoo, name, f"Ops fleet: {name}", model, written, (BOT,))
    directory: Values = {"x_name": name, "x_action_id": (ours(name),)}
    yield Piece(f"procedure_{name}", calling.DIRECTORY, f"where {name} is", directory)


def _event(odoo: Capabilities, kind: Kind, domain: str = "") -> Iterator[Piece]:
    kept = odoo.kept.get(kind.model, ())
    watched = tuple(name for name in WATCHED.get(kind.model, ()) if name in kept)
    shown = ("x_key", "x_state", "x_uid") if kind.model == DECISIONS else watched
    code = source("event", KIND=kind.name, WATCHED=shown)
    # Fields may only be named for rules that fire on writes.
    fields = watched if kind.trigger == "on_create_or_write" else ()
    name = f"event_{kind.name.replace('.', '_')}"
    yield from _rule(
        odoo, name, f"tells {kind.name}", kind.model, kind.trigger, fields, domain, code
    )


def _gate(odoo: Capabilities, name: str, gate: Gate) -> Iterator[Piece]:
    yield from _rule(
        odoo,
        f"gate_{name}",
        gate.says,
        gate.model,
        "on_create_or_write",
        (gate.field,),
        gate.domain,
        source(gate.keeps),
    )
    override = _action(
        odoo,
        f"override_{name}",
        "Release past the fleet",
        gate.model,
        source(gate.override),
        (OVERRIDE,),
    )
    yield Piece(
        override.name,
        ACTION,
        f"a way past the gate {name}, in the menu of {gate.model}",
        {**override.values, "binding_model_id": (gate.model,)},
    )
    # So the fleet's user, who may read no rules, knows that the gate is there.
    yield Piece(
        f"directory_gate_{name}",
        calling.DIRECTORY,
        f"that the gate {name} stands",
        {"x_name": named(name), "x_action_id": (ours(override.name),)},
    )


def _rule(
    odoo: Capabilities,
    name: str,
    says: str,
    model: str,
    trigger: str,
    fields: Sequence[str],
    domain: str,
    code: str,
) -> Iterator[Piece]:
    values: dict[str, Value] = {
        "name": f"Ops fleet: {name}",
        "model_id": (model,),
        "trigger": trigger,
        "trigger_field_ids": tuple(sorted(fields)),
        "filter_pre_domain": "",
        "filter_domain": domain,
        "active": True,
    }
    if odoo.version < 17:
        values |= {"state": "code", "code": code}
    yield Piece(name, RULE, says, values)
    if odoo.version >= 17:
        action = _action(odoo, f"{name}_action", f"Ops fleet: {name}", model, code, ())
        yield Piece(
            action.name,
            ACTION,
            f"what {name} does",
            {**action.values, "base_automation_id": (ours(name),), "usage": "base_automation"},
        )


def _action(
    odoo: Capabilities, name: str, label: str, model: str, code: str, groups: tuple[str, ...]
) -> Piece:
    values: dict[str, Value] = {
        "name": label,
        "model_id": (model,),
        "state": "code",
        "code": code,
        odoo.groups: groups,
        "binding_model_id": (),
    }
    return Piece(name, ACTION, "a procedure", values)
