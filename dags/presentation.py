"""Every use case's tables, whenever the domain changed, and at least daily."""

from layers.airflow import presentation_dag

dag = presentation_dag()
