"""The project as Airflow sees it: DAGs made of the manifest, one task per relation and verb."""

from layers.airflow.dags import domain_dag, freshness_dag, presentation_dag, source_dag

__all__ = ["domain_dag", "freshness_dag", "presentation_dag", "source_dag"]
