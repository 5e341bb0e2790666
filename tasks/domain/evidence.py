"""Which files show that a customer accepted: what they gave, or a colleague filed as that."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# What Odoo 19 calls the reports of an order, in each of its languages (`print_report_name`).
# fmt: off
REPORTS: Final = frozenset(
    {
        "Ajánlat", "Angebot", "Auftrag", "Buyurtma", "Báo giá", "CHIẾU LỆ",
        "Cenová ponuka", "Comanda", "Commande", "Cotação", "Cotización", "Devis",
        "IŠANKSTINĖ SĄSKAITA", "Naročilo", "Objednávka", "Oferta", "Offert", "Offerte",
        "Ordem", "Orden", "Order", "Ordine", "Ordre", "PRO FORMA", "PRO-FORMA", "PROFORMA",
        "PRÓ-FORMA", "Pakkumine", "Pedido", "Ponudba", "Predračun", "Pressupost",
        "Presupuesto", "Preventivo", "Quotation", "Rendelés", "Sifariş", "Sipariş",
        "Taklif", "Tarjous", "Teklif", "Tellimus", "Tellimuse kinnitus", "Tilaus",
        "Tilbud", "Təklif", "Zamówienie", "ZÁLOHOVÁ", "Đơn hàng", "ΠΡΟΦΟΡΜΑ", "Παραγγελία",
        "Προσφορά", "Замовлення", "Комерційна пропозиція", "ПРОФОРМА", "Проформа", "הזמנה",
        "הצעת מחיר", "פרו-פורמה", "سفارش", "شكلي", "پرو-فرما", "پیش\u200cف\u0627کتور", "オーダ",
        "形式發票", "見積", "견적", "견적 송장", "주문",
    }
)
# fmt: on
COPY: Final = re.compile(r" ?\(\d+\)$")
# What people write; the rest is made by Odoo, or sent by it.
WRITTEN: Final = frozenset({"comment", "email"})


@dataclass(frozen=True)
class Evidence:
    """How many files show that the customer accepted, and how many only look like it."""

    given: int = 0
    own: int = 0


@dataclass(frozen=True)
class Posted:
    """A message that a file hangs on.

    by_colleague: an internal user wrote it. sent_outside: to somebody who is none. embedded: the
    file is part of its text, like the logo under a mail.
    """

    kind: str
    by_colleague: bool
    sent_outside: bool
    embedded: bool


def shows_acceptance(name: str, order: str, messages: Iterable[Posted]) -> bool:
    """Whether a file on an order, its project or milestone is something that the customer gave.

    So is what came from outside, and what a colleague filed and sent to nobody outside, unless it
    is Odoo's own report of the order by its name. A file that hangs on no message was filed.
    """
    posted = list(messages)
    if not posted:
        return not is_report(name, order)
    return any(_gave(message, name, order) for message in posted)


def _gave(message: Posted, name: str, order: str) -> bool:
    if message.kind not in WRITTEN or message.embedded:
        return False
    if message.by_colleague:
        return not message.sent_outside and not is_report(name, order)
    # Whoever signs on the portal posts Odoo's own print of the order, in their own name.
    return message.kind == "email" or _stem(name) != _file_name(order)


def is_report(name: str, order: str) -> bool:
    """Whether a file has the name that Odoo gives to its quotation, order or pro forma."""
    word, _, rest = _stem(name).rpartition(" - ")
    return rest == _file_name(order) and (not word or word.strip() in REPORTS)


def _stem(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return COPY.sub("", stem) if ending.lower() == "pdf" else name


def _file_name(order: str) -> str:
    return order.replace("/", "_")
