# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_seat_retention {
  sql_table_name: prs_engagement.prs_seat_retention ;;
  label: "Seat retention"

  dimension: pk3_period_unit {
    hidden: yes
    type: string
    sql: ${TABLE}.period_unit ;;
  }

  dimension: pk3_cohort_start {
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.cohort_start ;;
  }

  dimension: pk3_period_number {
    hidden: yes
    type: number
    sql: ${TABLE}.period_number ;;
  }

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: row(${pk3_period_unit}, ${pk3_cohort_start}, ${pk3_period_number})::text ;;
  }

  dimension: period_unit {
    label: "Period unit"
    description: "Weeks begin on Monday"
    type: string
    suggestions: ["week", "month", "quarter", "year"]
    sql: ${TABLE}.period_unit ;;
  }

  dimension: cohort_start {
    label: "Cohort start"
    description: "The first day of the period in which the first seat of the cohort's teachers began"
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.cohort_start ;;
  }

  dimension: period_number {
    label: "Period number"
    description: "0 is the cohort's own period, 1 the next"
    type: number
    value_format_name: decimal_0
    sql: ${TABLE}.period_number ;;
  }

  dimension: is_complete_period {
    label: "Is complete period"
    description: "The period is over"
    type: yesno
    sql: ${TABLE}.is_complete_period ;;
  }

  measure: cohort_size {
    label: "Cohort size"
    description: "Teachers whose first seat ever began in the cohort's period. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.period_unit) = max(${TABLE}.period_unit) and min(${TABLE}.period_number) = max(${TABLE}.period_number) then sum(${TABLE}.cohort_size) end ;;
  }

  measure: eligible_size {
    label: "Eligible size"
    description: "Those who have come to this period, all of the cohort: cohorts move together. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.period_unit) = max(${TABLE}.period_unit) and min(${TABLE}.period_number) = max(${TABLE}.period_number) then sum(${TABLE}.eligible_size) end ;;
  }

  measure: retained_seats {
    label: "Retained seats"
    description: "Who holds any seat at some instant of the period. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.period_unit) = max(${TABLE}.period_unit) and min(${TABLE}.period_number) = max(${TABLE}.period_number) then sum(${TABLE}.retained_seats) end ;;
  }

  measure: retained_active {
    label: "Retained active"
    description: "Of these, those with an event that counts in the period. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.period_unit) = max(${TABLE}.period_unit) and min(${TABLE}.period_number) = max(${TABLE}.period_number) then sum(${TABLE}.retained_active) end ;;
  }

  measure: seat_retention_rate {
    label: "Seat retention rate"
    description: "Who still holds a seat, of the cohort. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${retained_seats} / nullif(${eligible_size}, 0) ;;
  }

  measure: active_retention_rate {
    label: "Active retention rate"
    description: "Who still holds a seat and uses the product, of the cohort. Empty where several values of 'Period unit' or 'Period number' come together"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${retained_active} / nullif(${eligible_size}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.period_unit, ${TABLE}.cohort_start, ${TABLE}.period_number)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.cohort_size > 0)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.eligible_size = ${TABLE}.cohort_size)) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.period_number <> 0 or ${TABLE}.retained_seats = ${TABLE}.cohort_size)) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.retained_active between 0 and ${TABLE}.retained_seats and ${TABLE}.retained_seats <= ${TABLE}.cohort_size)) ;;
  }
}
