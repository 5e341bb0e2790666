"""What Odoo calls its own prints of an order, by which they are told from other files."""

import re
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


def is_report(name: str, order: str) -> bool:
    """Whether a file has the name that Odoo gives to its quotation, order or pro forma."""
    word, _, rest = stem(name).rpartition(" - ")
    return rest == file_name(order) and (not word or word.strip() in REPORTS)


def stem(name: str) -> str:
    """The name of a print without its ending and the number of a copy; other names as they are."""
    before, _, ending = name.rpartition(".")
    return COPY.sub("", before) if ending.lower() == "pdf" else name


def file_name(order: str) -> str:
    """An order's name as Odoo writes it into the names of files."""
    return order.replace("/", "_")
