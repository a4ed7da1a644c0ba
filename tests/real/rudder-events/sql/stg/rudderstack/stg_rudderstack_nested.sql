select
    record ->> 'case' as case_name,
    record #>> '{input,blankProp}' as blank_prop,
    record #>> '{input,nullProp}' as null_prop,
    record #>> '{input,intProp}' as int_prop,
    record #>> '{input,floatProp}' as float_prop,
    record #>> '{input,stringProp}' as string_prop,
    record #>> '{input,arrayProp}' as array_prop,
    record #>> '{input,objectProp,firstLevelInt}' as first_level_int,
    record #>> '{input,objectProp,firstLevelBool}' as first_level_bool,
    record #>> '{input,objectProp,firstLevelMap,secondLevelArray}' as second_level_array,
    record #>> '{input,objectProp,firstLevelMap,secondLevelMap,thirdLevelString}'
        as third_level_string,
    record #>> '{input,objectProp,firstLevelMap,secondLevelMap,thirdLevelMap}' as third_level_map,
    record #>> '{input,objectProp,firstLevelMap,secondLevelMap,thirdLevelMap,fourthLevelInt}'
        as fourth_level_int
from src_rudderstack.nested
