#!/usr/bin/env bash
# Makes the two databases and the warehouse's owner, when the container's volume is new.
set -euo pipefail
psql --set=ON_ERROR_STOP=1 --set=password="$WAREHOUSE_PASSWORD" --username postgres <<'SQL'
create database airflow;
create role warehouse_owner login createrole password :'password';
create database warehouse owner warehouse_owner;
SQL
