select
    record ->> 'Title' as title,
    record ->> 'Url' as url,
    record ->> 'Category' as categories,
    record ->> 'SubCategory' as sub_categories,
    record ->> 'ValidFrom' as valid_from,
    record ->> 'ValidTo' as valid_to
from src_dfe.commercial_resources
