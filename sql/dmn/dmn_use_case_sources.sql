select
    use_cases.use_case,
    use_cases.source
from stg_layers.stg_layers_use_cases as use_cases
