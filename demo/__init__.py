"""An example company on one machine: its data, stand-ins for its tools, a server, an Airflow."""
