{{ config(materialized='table') }}
SELECT start_lsn, start_lsn - '0/34DBA078' AS distance FROM {{ ref('records') }}
