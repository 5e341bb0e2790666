"""What the panels and dashboards of the fleet have in common, on Grafana's foundation SDK."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, TypedDict, TypeVar, Unpack

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
    ThresholdsConfig,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    DataSourceRef,
    SortOrder,
    StackingMode,
    TimeZoneBrowser,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.units import Short

TAG: Final = "odoo-ops-fleet"
WIDTH: Final = 24
SOURCE: Final = DataSourceRef("prometheus", "${datasource}")

AnyPanel: TypeAlias = stat.Panel | timeseries.Panel | bargauge.Panel | table.Panel
P = TypeVar("P", stat.Panel, timeseries.Panel, bargauge.Panel, table.Panel)
Rows: TypeAlias = Mapping[str, Sequence[AnyPanel]]


class Look(TypedDict, total=False):
    """What differs between panels of a kind."""

    #: Grafana's name of it.
    unit: str
    #: The value from which it is red.
    red_from: float
    #: Its description.
    about: str


def figure(title: str, expr: str, legend: str = "", **look: Unpack[Look]) -> stat.Panel:
    """The newest value of each series."""
    panel = stat.Panel().height(4).span(6).reduce_options(_newest())
    return _panel(panel, title, _query(expr, legend).instant(), look)


def bars(title: str, expr: str, legend: str, **look: Unpack[Look]) -> bargauge.Panel:
    """The newest value of each series, as bars to compare."""
    panel = bargauge.Panel().height(8).span(12).reduce_options(_newest())
    panel.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC)
    return _panel(panel, title, _query(expr, legend).instant(), look)


def listing(title: str, expr: str) -> table.Panel:
    """Labels as columns, and the newest value."""
    without_time = models.DataTransformerConfig(
        id_val="organize", options={"excludeByName": {"Time": True}}
    )
    panel = table.Panel().height(8).span(12).with_transformation(without_time)
    return _panel(panel, title, _query(expr).instant().format(PromQueryFormat.TABLE), {})


def graph(title: str, expr: str, legend: str = "", **look: Unpack[Look]) -> timeseries.Panel:
    """Lines over time, on an axis that holds zero."""
    panel = timeseries.Panel().height(8).span(12).axis_soft_min(0).fill_opacity(0)
    panel.legend(VizLegendOptions().show_legend(True).calcs(["lastNotNull"]))
    panel.tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    return _panel(panel, title, _query(expr, legend).range(), look)


def stacked(title: str, expr: str, legend: str, **look: Unpack[Look]) -> timeseries.Panel:
    """Areas over time, one on the other."""
    stacking = StackingConfig().mode(StackingMode.NORMAL).group("A")
    return graph(title, expr, legend, **look).fill_opacity(15).stacking(stacking)


def named(expr: str) -> str:
    """Series by tenant and company_id with the label `company`, its name; empty where unknown."""
    joined = f"({expr}) * on (tenant, company_id) group_left (company) fleet_company_info"
    return f"{joined} or on (tenant, company_id) ({expr})"


def choice(label: str, series: str, shown: str = "") -> QueryVariable:
    """A choice above a dashboard, of a label's values; people see another label, if `shown`."""
    variable = QueryVariable(label).datasource(SOURCE).multi(True).include_all(True).all_value(".*")
    variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    variable.sort(models.VariableSort.ALPHABETICAL_ASC)
    variable.current(models.VariableOption(text=["All"], value=["$__all"]))
    if not shown:
        return variable.query(f"label_values({series}, {label})")
    # A series' labels are in alphabetic order.
    text_and_value = f'/\\b{shown}="(?<text>[^"]+)".*\\b{label}="(?<value>[^"]+)"/'
    return variable.query(f"query_result({series})").regex(text_and_value)


def board(
    uid: str,
    title: str,
    about: str,
    rows: Rows,
    *,
    role: str = "ops",
    choices: Sequence[QueryVariable] = (),
    since: str = "now-24h",
) -> models.Dashboard:
    """A dashboard: panels under headings, and a way to the other dashboards of the fleet."""
    made = Dashboard(f"Fleet / {title}").uid(uid).description(about).tags([TAG, role]).readonly()
    made.tooltip(models.DashboardCursorSync.CROSSHAIR).timezone(TimeZoneBrowser)
    made.refresh("1m").time(since, "now").version(1).annotations([])
    others = DashboardLink("Boards").type(models.DashboardLinkType.DASHBOARDS).tags([TAG])
    made.link(others.as_dropdown(True).include_vars(True).keep_time(True).icon("external link"))
    made.variables([DatasourceVariable("datasource").label("Source").type("prometheus"), *choices])
    for heading, panels in rows.items():
        made.with_row(Row(heading))
        for panel in panels:
            made.with_panel(panel)
    built = made.build()
    # Above the panels; the SDK would put the link into a menu.
    for link in built.links or ():
        link.placement = None  # type: ignore[assignment]
    for number, placed in enumerate(built.panels or (), start=1):
        placed.id_val = number
    return built


def _newest() -> ReduceDataOptions:
    return ReduceDataOptions().calcs(["lastNotNull"])


def _query(expr: str, legend: str = "") -> Dataquery:
    return Dataquery().ref_id("A").datasource(SOURCE).expr(expr).legend_format(legend or "__auto")


def _panel(panel: P, title: str, query: Dataquery, look: Look) -> P:
    # Without steps, Grafana paints red from 80.
    steps = [models.Threshold(None, "green")]
    if "red_from" in look:
        steps.append(models.Threshold(look["red_from"], "red"))
    panel.thresholds(ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    panel.title(title).description(look.get("about", "")).unit(look.get("unit", Short))
    return panel.datasource(SOURCE).with_target(query)
