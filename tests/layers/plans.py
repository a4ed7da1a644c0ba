"""Two kinds of plans, between which nothing that is built may differ."""

from layers.warehouse import Connection, text

SERIAL = {"max_parallel_workers_per_gather": "0", "work_mem": "64kB"}
PARALLEL = {
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "work_mem": "64MB",
}


def set_plan(connection: Connection, plan: dict[str, str]) -> None:
    """Makes a session plan like that."""
    for name, value in plan.items():
        connection.execute(text(f"set {name} = '{value}'"))
