"""The product's own database: its users, every fifteen minutes."""

from layers.airflow import source_dag

dag = source_dag("backend")
