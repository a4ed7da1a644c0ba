select
    watermarks.source,
    watermarks.loaded_until
from stg_layers.stg_layers_watermarks as watermarks
