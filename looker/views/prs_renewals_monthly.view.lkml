# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_renewals_monthly {
  sql_table_name: prs_growth.prs_renewals_monthly ;;
  label: "Renewals monthly"

  dimension: pk1_month {
    primary_key: yes
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: month {
    group_label: "Month"
    label: "Month"
    description: "The first day of the month in which a renewal is due"
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

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  dimension: is_settled {
    label: "Is settled"
    description: "31 days have passed since the month's end: nothing of it is pending any more"
    type: yesno
    sql: ${TABLE}.is_settled ;;
  }

  measure: due_count {
    label: "Due count"
    description: "Due in the month, once per subscription and due date"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.due_count ;;
  }

  measure: renewed_count {
    label: "Renewed count"
    description: "Of these, begun at the latest 30 days after the due date, early ones too"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.renewed_count ;;
  }

  measure: pending_count {
    label: "Pending count"
    description: "Of these, not begun, and the 30 days are not over"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.pending_count ;;
  }

  measure: lapsed_count {
    label: "Lapsed count"
    description: "Of these, not begun within the 30 days, for good"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.lapsed_count ;;
  }

  measure: decided_count {
    label: "Decided count"
    description: "Renewed or lapsed"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.decided_count ;;
  }

  measure: due_mrr_eur {
    label: "Due MRR (EUR)"
    description: "What was paid by the month, of the last term before the due date"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.due_mrr_eur ;;
  }

  measure: renewed_mrr_eur {
    label: "Renewed MRR (EUR)"
    description: "What the renewals pay by the month"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.renewed_mrr_eur ;;
  }

  measure: decided_due_mrr_eur {
    label: "Decided due MRR (EUR)"
    description: "due_mrr_eur of what is renewed or lapsed"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.decided_due_mrr_eur ;;
  }

  measure: decided_renewed_mrr_eur {
    label: "Decided renewed MRR (EUR)"
    description: "renewed_mrr_eur, of each renewal at most what was due"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.decided_renewed_mrr_eur ;;
  }

  measure: renewal_rate {
    label: "Renewal rate"
    description: "The renewed of the decided"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${renewed_count} / nullif(${decided_count}, 0) ;;
  }

  measure: renewal_rate_by_value {
    label: "Renewal rate by value"
    description: "The same, by the money that was due"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${decided_renewed_mrr_eur} / nullif(${decided_due_mrr_eur}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct ${TABLE}.month) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.due_count = ${TABLE}.renewed_count + ${TABLE}.pending_count + ${TABLE}.lapsed_count)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.decided_count = ${TABLE}.renewed_count + ${TABLE}.lapsed_count)) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.pending_count = 0 or not ${TABLE}.is_settled)) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.decided_due_mrr_eur <= ${TABLE}.due_mrr_eur)) ;;
  }

  measure: rows_that_break_rule_5 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.renewal_rate between 0 and 1 and ${TABLE}.renewal_rate_by_value between 0 and 1)) ;;
  }
}
