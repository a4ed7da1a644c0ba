select
    record #>> '{input,message,messageId}' as id,
    record #>> '{input,message,anonymousId}' as anonymous_id,
    record #>> '{input,message,userId}' as user_id,
    record #>> '{input,message,channel}' as channel,
    -- what an event says of a person itself goes before its context
    coalesce(
        record #>> '{input,message,traits,city}',
        record #>> '{input,message,context,traits,city}'
    ) as city,
    coalesce(
        record #>> '{input,message,traits,country}',
        record #>> '{input,message,context,traits,country}'
    ) as country,
    coalesce(
        record #>> '{input,message,traits,email}',
        record #>> '{input,message,context,traits,email}'
    ) as email,
    coalesce(
        record #>> '{input,message,traits,firstname}',
        record #>> '{input,message,context,traits,firstname}'
    ) as firstname,
    coalesce(
        record #>> '{input,message,traits,lastname}',
        record #>> '{input,message,context,traits,lastname}'
    ) as lastname,
    record #>> '{input,message,context,app,build}' as context_app_build,
    record #>> '{input,message,context,app,name}' as context_app_name,
    record #>> '{input,message,context,app,namespace}' as context_app_namespace,
    record #>> '{input,message,context,app,version}' as context_app_version,
    record #>> '{input,message,context,ip}' as context_ip,
    record #>> '{input,message,context,library,name}' as context_library_name,
    record #>> '{input,message,context,library,version}' as context_library_version,
    record #>> '{input,message,context,locale}' as context_locale,
    record #>> '{input,message,context,screen,density}' as context_screen_density,
    record #>> '{input,message,context,userAgent}' as context_user_agent,
    record #>> '{input,message,context,os,name}' as context_os_name,
    record #>> '{input,message,context,traits,city}' as context_traits_city,
    record #>> '{input,message,context,traits,country}' as context_traits_country,
    record #>> '{input,message,context,traits,email}' as context_traits_email,
    record #>> '{input,message,context,traits,firstname}' as context_traits_firstname,
    record #>> '{input,message,originalTimestamp}' as original_timestamp,
    record #>> '{input,message,sentAt}' as sent_at,
    record #>> '{input,message,timestamp}' as timestamp,
    record #>> '{input,message,receivedAt}' as received_at
from src_rudderstack.expected
where record ->> 'case' = 'identify'
