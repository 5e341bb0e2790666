"""What a firm asks of people's time: the targets, the band around them, and who has none."""

from pydantic import Field

from tasks.domain.policy import Policy, Share
from tasks.domain.written import Id
from tasks.records.people import Employee


class UtilizationPolicy(Policy):
    """Targets in percent of net capacity; the person's goes before the role's and department's."""

    target_percent: float | None = Field(
        None, gt=0, le=100, description="of net capacity, for whoever has no other target"
    )
    targets_by_employee: dict[Id, Share] = Field(
        {}, description="of net capacity, by id of hr.employee; goes first"
    )
    targets_by_job: dict[Id, Share] = Field({}, description="the same by id of hr.job; goes second")
    targets_by_department: dict[Id, Share] = Field(
        {}, description="the same by id of hr.department; goes third"
    )
    band_from_percent: float = Field(95, ge=0, description="of the target: less is a finding")
    band_to_percent: float = Field(105, ge=0, description="of the target: more is a finding")
    credited_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project whose hours are productive though not billable"
    )
    excluded_employees: tuple[Id, ...] = Field(
        (), description="ids of hr.employee without a target, and in no ratio"
    )
    excluded_jobs: tuple[Id, ...] = Field((), description="ids of hr.job, the same")
    excluded_departments: tuple[Id, ...] = Field(
        (), description="ids of hr.department, the same, such as management"
    )

    def excludes(self, employee: Employee) -> bool:
        """Whether somebody is not part of what is measured."""
        return (
            employee.id in self.excluded_employees
            or employee.job_id in self.excluded_jobs
            or employee.department_id in self.excluded_departments
        )

    def target(self, employee: Employee) -> float | None:
        """The employee's target, or None."""
        if self.excludes(employee):
            return None
        return self.targets_by_employee.get(
            employee.id,
            self.targets_by_job.get(
                employee.job_id or 0,
                self.targets_by_department.get(employee.department_id or 0, self.target_percent),
            ),
        )
