# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_mrr_monthly {
  sql_table_name: prs_growth.prs_mrr_monthly ;;
  label: "MRR monthly"

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

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  measure: mrr_eur {
    label: "MRR (EUR)"
    description: "What all organisations pay by the month, at its end. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.mrr_eur) end ;;
  }

  measure: arr_eur {
    label: "ARR (EUR)"
    description: "Twelve times mrr_eur. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.arr_eur) end ;;
  }

  measure: opening_mrr_eur {
    label: "Opening MRR (EUR)"
    description: "mrr_eur a month before. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.opening_mrr_eur) end ;;
  }

  measure: new_mrr_eur {
    label: "New MRR (EUR)"
    description: "Of organisations that pay for the first time"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.new_mrr_eur ;;
  }

  measure: reactivation_mrr_eur {
    label: "Reactivation MRR (EUR)"
    description: "Of organisations that paid once and not a month before"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.reactivation_mrr_eur ;;
  }

  measure: expansion_mrr_eur {
    label: "Expansion MRR (EUR)"
    description: "What organisations that paid a month before pay more"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.expansion_mrr_eur ;;
  }

  measure: contraction_mrr_eur {
    label: "Contraction MRR (EUR)"
    description: "What organisations that still pay pay less"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.contraction_mrr_eur ;;
  }

  measure: churned_mrr_eur {
    label: "Churned MRR (EUR)"
    description: "What organisations paid that pay nothing any more"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.churned_mrr_eur ;;
  }

  measure: paying_organisations {
    label: "Paying organisations"
    description: "Those that pay something at the end of the month. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.paying_organisations) end ;;
  }

  measure: opening_paying_organisations {
    label: "Opening paying organisations"
    description: "Those that did a month before. Empty where several values of 'Month' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.opening_paying_organisations) end ;;
  }

  measure: new_organisations {
    label: "New organisations"
    description: "Those that pay for the first time"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.new_organisations ;;
  }

  measure: reactivated_organisations {
    label: "Reactivated organisations"
    description: "Those that pay again"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.reactivated_organisations ;;
  }

  measure: churned_organisations {
    label: "Churned organisations"
    description: "Those that pay nothing any more, those that moved to a free plan too"
    type: sum
    value_format_name: decimal_0
    sql: ${TABLE}.churned_organisations ;;
  }

  measure: net_revenue_retention {
    label: "Net revenue retention"
    description: "What is left of the money of a month before, with expansion; may exceed 1. Empty where several values of 'Month' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * (${opening_mrr_eur} + ${expansion_mrr_eur} - ${contraction_mrr_eur} - ${churned_mrr_eur}) / nullif(${opening_mrr_eur}, 0) ;;
  }

  measure: gross_revenue_retention {
    label: "Gross revenue retention"
    description: "What is left of the money of a month before, without expansion. Empty where several values of 'Month' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * (${opening_mrr_eur} - ${contraction_mrr_eur} - ${churned_mrr_eur}) / nullif(${opening_mrr_eur}, 0) ;;
  }

  measure: logo_churn_rate {
    label: "Logo churn rate"
    description: "The share of organisations that paid a month before and pay nothing any more. Empty where several values of 'Month' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * ${churned_organisations} / nullif(${opening_paying_organisations}, 0) ;;
  }

  measure: budgeted_mrr_eur {
    label: "Budgeted MRR (EUR)"
    description: "What finance planned mrr_eur to be; empty without a plan. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.budgeted_mrr_eur) end ;;
  }

  measure: budget_attainment {
    label: "Budget attainment"
    description: "mrr_eur as a share of its budget; may exceed 1. Empty where several values of 'Month' come together"
    type: number
    value_format_name: percent_1
    required_fields: [month]
    sql: 1.0 * ${mrr_eur} / nullif(${budgeted_mrr_eur}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct ${TABLE}.month) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.opening_mrr_eur + ${TABLE}.new_mrr_eur + ${TABLE}.reactivation_mrr_eur + ${TABLE}.expansion_mrr_eur - ${TABLE}.contraction_mrr_eur - ${TABLE}.churned_mrr_eur = ${TABLE}.mrr_eur)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.opening_paying_organisations + ${TABLE}.new_organisations + ${TABLE}.reactivated_organisations - ${TABLE}.churned_organisations = ${TABLE}.paying_organisations)) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (least( ${TABLE}.new_mrr_eur, ${TABLE}.reactivation_mrr_eur, ${TABLE}.expansion_mrr_eur, ${TABLE}.contraction_mrr_eur, ${TABLE}.churned_mrr_eur ) >= 0)) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.gross_revenue_retention between 0 and 1 and ${TABLE}.logo_churn_rate between 0 and 1)) ;;
  }
}
