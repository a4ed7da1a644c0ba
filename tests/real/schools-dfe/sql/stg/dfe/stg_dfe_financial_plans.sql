select
    record ->> 'URN' as urn,
    record ->> 'Year' as year,
    record ->> 'Input' as input,
    nullif(record ->> 'DeploymentPlan', 'NULL') as deployment_plan,
    nullif(record ->> 'TeacherContactRatio', 'NULL') as contact_ratio,
    nullif(record ->> 'InYearBalance', 'NULL') as in_year_balance_gbp,
    nullif(record ->> 'AverageClassSize', 'NULL') as average_class_size,
    record ->> 'IsComplete' as is_complete,
    record ->> 'Created' as created_at,
    record ->> 'UpdatedAt' as updated_at
from src_dfe.financial_plans
