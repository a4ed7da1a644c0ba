select
    record ->> 'Slug' as slug,
    record ->> 'Title' as title,
    record ->> 'Body' as body,
    record ->> 'Created' as created_at,
    record ->> 'Updated' as updated_at,
    nullif(record ->> 'Published', 'NULL') as published_at,
    nullif(record ->> 'Archived', 'NULL') as archived_at
from src_dfe.news
