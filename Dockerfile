# Airflow with this repository in it.
FROM apache/airflow:3.3.2-python3.12
COPY --chown=airflow:root requirements.txt pyproject.toml README.md /opt/airflow/
COPY --chown=airflow:root plugins /opt/airflow/plugins
RUN pip install --no-cache-dir -r requirements.txt && pip install --no-cache-dir --no-deps -e .
COPY --chown=airflow:root config /opt/airflow/config
COPY --chown=airflow:root dags /opt/airflow/dags
COPY --chown=airflow:root sql /opt/airflow/sql
