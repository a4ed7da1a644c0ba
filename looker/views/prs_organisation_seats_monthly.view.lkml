# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_organisation_seats_monthly {
  sql_table_name: prs_growth.prs_organisation_seats_monthly ;;
  label: "Seats by organisation"

  dimension: pk2_month {
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: pk2_organisation_id {
    hidden: yes
    type: string
    sql: ${TABLE}.organisation_id ;;
  }

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: row(${pk2_month}, ${pk2_organisation_id})::text ;;
  }

  dimension: month {
    group_label: "Month"
    label: "Month"
    description: "The first day of the month"
    type: date_month
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: month_quarter {
    group_label: "Month"
    label: "Quarter"
    description: "The quarter of the month"
    type: date_quarter
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: month_year {
    group_label: "Month"
    label: "Year"
    description: "The year of the month"
    type: date_year
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: month_key {
    label: "Month key"
    description: "The month as people write it: 2026-03"
    type: string
    sql: ${TABLE}.month_key ;;
  }

  dimension: organisation_id {
    label: "Organisation id"
    description: "The product's own identifier"
    type: string
    sql: ${TABLE}.organisation_id ;;
  }

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  dimension: teachers {
    label: "Teachers"
    description: "Who holds these seats. It cannot be added up"
    type: number
    value_format_name: decimal_0
    sql: ${TABLE}.teachers ;;
  }

  dimension: schools {
    label: "Schools"
    description: "Their main schools then. It cannot be added up"
    type: number
    value_format_name: decimal_0
    sql: ${TABLE}.schools ;;
  }

  measure: seats_purchased {
    label: "Seats purchased"
    description: "Of all terms that run at the end of the month, trials and free ones too. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.seats_purchased) end ;;
  }

  measure: seats_assigned {
    label: "Seats assigned"
    description: "Those with a holder then. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.seats_assigned) end ;;
  }

  measure: seats_active {
    label: "Seats active"
    description: "Those whose holder did something that counts in the month. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.seats_active) end ;;
  }

  measure: seats_overallocated {
    label: "Seats overallocated"
    description: "Those assigned above what was purchased. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.seats_overallocated) end ;;
  }

  measure: seat_utilisation {
    label: "Seat utilisation"
    description: "The active of the purchased; may exceed 1. Empty where several values of 'Month' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * ${seats_active} / nullif(${seats_purchased}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.month, ${TABLE}.organisation_id)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seats_active between 0 and ${TABLE}.seats_assigned)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seats_overallocated = greatest(${TABLE}.seats_assigned - ${TABLE}.seats_purchased, 0))) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not ((${TABLE}.teachers = 0) = (${TABLE}.seats_assigned = 0))) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.schools <= ${TABLE}.teachers)) ;;
  }
}
