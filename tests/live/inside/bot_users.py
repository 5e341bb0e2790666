"""Users for programs, each with exactly the rights that a test names."""

from typing import Any


def make(env: Any, users: list[dict[str, Any]]) -> None:
    """Make users of all companies with a login, a password and groups.

    Each may also read all rows of the models that it names, and write none: an own group, its
    rights, and a rule without a condition, as docs/install.md has an administrator set it up.
    """
    for user in users:
        groups = [env.ref(name) for name in ("base.group_user", *user["groups"])]
        role = env["res.groups"].create({"name": f"Role of {user['login']}"})
        _user(env, user["login"], user["password"], [*groups, role])
        for model in env["ir.model"].search([("model", "in", user["models"])]):
            here = {"name": f"{user['login']}: {model.model}", "model_id": model.id}
            right = {**here, "group_id": role.id, "perm_read": True}
            env["ir.model.access"].create(right)
            # Rules that hide rows of rules, Odoo refuses.
            if model.model in ("ir.model", "ir.rule"):
                continue
            rule = {**here, "groups": [(4, role.id)], "domain_force": "[(1, '=', 1)]"}
            env["ir.rule"].create(rule)
    env.cr.commit()


def _user(env: Any, login: str, password: str, groups: list[Any]) -> None:
    companies = env["res.company"].search([], order="id")
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": login,
            "login": login,
            "password": password,
            "company_id": companies[0].id,
            "company_ids": [(6, 0, companies.ids)],
            "group_ids": [(6, 0, [group.id for group in groups])],
        }
    )
