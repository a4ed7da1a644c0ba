"""Finance: budgets and what campaigns cost, as people keep them in sheets, every hour."""

from layers.airflow import source_dag

dag = source_dag("finance")
