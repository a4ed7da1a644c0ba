"""Freshdesk: requests for help and the people in them, every fifteen minutes."""

from layers.airflow import source_dag

dag = source_dag("freshdesk")
