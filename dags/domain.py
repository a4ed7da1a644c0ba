"""The domain model, whenever a source changed, and at least daily."""

from layers.airflow import domain_dag

dag = domain_dag()
