# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_monthly_active_users {
  sql_table_name: prs_engagement.prs_monthly_active_users ;;
  label: "Monthly active users"

  dimension: pk2_month {
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: pk2_seat_type {
    hidden: yes
    type: string
    sql: ${TABLE}.seat_type ;;
  }

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: row(${pk2_month}, ${pk2_seat_type})::text ;;
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

  dimension: seat_type {
    label: "Seat type"
    description: "The seat that somebody holds, none without one, all for everybody"
    type: string
    suggestions: [
      "admin",
      "full",
      "viewer",
      "none",
      "all",
    ]
    sql: ${TABLE}.seat_type ;;
  }

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  dimension: active_users {
    label: "Active users"
    description: "Account users with at least one event that counts in the month, by the seat held at the last one. It cannot be added up"
    type: number
    value_format_name: decimal_0
    sql: ${TABLE}.active_users ;;
  }

  dimension: rolling_30_day_active_users {
    label: "Rolling 30 day active users"
    description: "active_users of the 720 hours that end with the month. It cannot be added up"
    type: number
    value_format_name: decimal_0
    sql: ${TABLE}.rolling_30_day_active_users ;;
  }

  dimension: budgeted_active_users {
    label: "Budgeted active users"
    description: "What finance planned active_users to be, of all together; empty without a plan. It cannot be added up"
    type: number
    value_format_name: decimal_2
    sql: ${TABLE}.budgeted_active_users ;;
  }

  dimension: budget_attainment {
    label: "Budget attainment"
    description: "active_users as a share of its budget; may exceed 1. It cannot be added up"
    type: number
    value_format_name: percent_1
    sql: ${TABLE}.budget_attainment ;;
  }

  measure: seat_holders {
    label: "Seat holders"
    description: "Who holds a seat at the end of the month. Empty where several values of 'Month' or 'Seat type' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) and min(${TABLE}.seat_type) = max(${TABLE}.seat_type) then sum(${TABLE}.seat_holders) end ;;
  }

  measure: active_seat_holders {
    label: "Active seat holders"
    description: "Of these, those with an event that counts in the month. Empty where several values of 'Month' or 'Seat type' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) and min(${TABLE}.seat_type) = max(${TABLE}.seat_type) then sum(${TABLE}.active_seat_holders) end ;;
  }

  measure: active_rate {
    label: "Active rate"
    description: "The active of the seat holders. Empty where several values of 'Month' or 'Seat type' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * ${active_seat_holders} / nullif(${seat_holders}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.month, ${TABLE}.seat_type)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.active_seat_holders between 0 and ${TABLE}.seat_holders)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seat_type <> 'none' or ${TABLE}.seat_holders = 0)) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seat_type <> 'all' or ${TABLE}.active_seat_holders <= ${TABLE}.active_users)) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seat_type = 'all' or ${TABLE}.budgeted_active_users is null)) ;;
  }
}
