"""HubSpot: contacts, companies and campaigns, every fifteen minutes."""

from layers.airflow import source_dag

dag = source_dag("hubspot")
