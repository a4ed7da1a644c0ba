select
    record ->> 'Id' as banner_id,
    record ->> 'Title' as title,
    record ->> 'Heading' as heading,
    record ->> 'Body' as body,
    record ->> 'Target' as targets,
    record ->> 'ValidFrom' as valid_from,
    record ->> 'ValidTo' as valid_to
from src_dfe.banners
