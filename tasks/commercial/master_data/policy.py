"""How alike two customers or projects must be, and which codes a company expects."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, field_validator

from tasks.domain.policy import Policy, Share
from tasks.domain.written import Id

# Those that people everywhere write from; a firm adds what is used where it is.
FREE_MAIL: Final = (
    *("aol.com", "bluewin.ch", "free.fr", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.de"),
    *("gmx.net", "googlemail.com", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net"),
    *("libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "orange.fr"),
    *("outlook.com", "outlook.de", "outlook.fr", "pm.me", "proton.me", "protonmail.com"),
    *("skynet.be", "t-online.de", "telenet.be", "wanadoo.fr", "web.de", "yahoo.co.uk"),
    *("yahoo.com", "yahoo.de", "yahoo.fr", "yandex.ru"),
)


def _domain(text: str) -> str:
    """Raises ValueError for what is not a domain alone."""
    if "." not in text or "@" in text or text != text.strip().lower():
        raise ValueError(f"{text!r} is not a domain; write it in small letters like gmail.com")
    return text


Domain = Annotated[str, AfterValidator(_domain)]
# What a tag is called.
TagName = Annotated[str, Field(min_length=1, max_length=200)]


class MasterDataPolicy(Policy):
    """How alike two must be to be told of, and which codes are expected."""

    customer_names_alike_percent: Share = Field(
        92.0, ge=80, description="of the letters of two customers' names; 100 for the same alone"
    )
    project_names_alike_percent: Share = Field(
        92.0, ge=80, description="the same for projects of one customer"
    )
    same_mail_domain: bool = Field(
        True, description="whether one e-mail domain makes two customers be told of"
    )
    free_mail_domains: tuple[Domain, ...] = Field(
        FREE_MAIL, description="domains that say nothing of who writes from them"
    )
    project_account_required: bool = Field(
        True, description="a billable project must have an analytic account"
    )
    order_account_required: bool = Field(
        True, description="each service of an order must be booked on an analytic account"
    )
    analytic_plans: tuple[Id, ...] = Field(
        (),
        description="ids of account.analytic.plan that accounts of projects are of; any if empty",
    )
    service_lines: tuple[TagName, ...] = Field(
        (),
        description="tags of which each billable project and order carries exactly one, and both "
        "the same; not asked for if empty",
    )
    project_tags: tuple[TagName, ...] = Field(
        (), description="further tags that projects may carry; any if empty"
    )
    look_back_days: int = Field(
        365, ge=1, le=3660, description="orders confirmed within so many days are looked at"
    )

    @field_validator("service_lines", "project_tags")
    @classmethod
    def _each_once(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        folded = [tag.casefold() for tag in tags]
        if twice := sorted({tag for tag in tags if folded.count(tag.casefold()) > 1}):
            raise ValueError(f"name each tag once, whatever its case: {', '.join(twice)}")
        return tags
