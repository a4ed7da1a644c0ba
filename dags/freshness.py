"""Whether every use case is as fresh as it promises, every fifteen minutes, whatever else runs."""

from layers.airflow import freshness_dag

dag = freshness_dag()
