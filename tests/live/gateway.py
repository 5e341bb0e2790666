"""Our own way into the running Odoo: a session like the fleet's, and the hours it expects."""

from __future__ import annotations

from datetime import date

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks.domain.periods import Period
from tasks.reads.schedules import read_schedules
from tasks.records.people import Employee

from .odoo_server import LOGIN, PASSWORD, OdooServer


def session_of(
    server: OdooServer, database: str, login: str = LOGIN, password: str = PASSWORD
) -> Session:
    """The session of a user, else of the administrator, over odoorpc."""
    address = Address(server.url, database, login, password)
    return Session(OdooRpc(address), server.url)


class ExpectedHours:
    """Expected hours of every employee of a database, as `fleet` computes them."""

    def __init__(self, session: Session, span: Period) -> None:
        self._readers = {c.id: Reader(session, c.id, page_size=50) for c in session.companies}
        self._employees = {
            company: reader.search(Employee, [("company_id", "=", company)])
            for company, reader in self._readers.items()
        }
        self._schedules = {
            company: read_schedules(self._readers[company], employees, span)
            for company, employees in self._employees.items()
        }
        self.people = {e.id: e for found in self._employees.values() for e in found}

    def of(self, employee_id: int, period: Period) -> float | None:
        """Hours in the period; None when nobody can say."""
        employee = self.people[employee_id]
        hours = self._schedules[employee.company_id].expected(employee, period)
        return None if hours is None else sum(hours.values())

    def read_alone(self, employee_id: int, period: Period) -> float | None:
        """The same from a reading of this person and this period only."""
        employee = self.people[employee_id]
        reader = self._readers[employee.company_id]
        hours = read_schedules(reader, [employee], period).expected(employee, period)
        return None if hours is None else sum(hours.values())


def period(first: str, last: str) -> Period:
    """From ISO dates."""
    return Period(date.fromisoformat(first), date.fromisoformat(last))
