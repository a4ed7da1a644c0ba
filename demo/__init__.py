"""An example company on one machine: its data, stand-ins for its tools, a database server and an Airflow."""
