{{ config(materialized='incremental') }}
SELECT * FROM read_wal('{{ env_var('WAL') }}')
{% if is_incremental() %} WHERE start_lsn > (SELECT max(start_lsn) FROM {{ this }}) {% endif %}
