"""RudderStack: what people did on the website and in the product, every fifteen minutes."""

from layers.airflow import source_dag

dag = source_dag("rudderstack")
