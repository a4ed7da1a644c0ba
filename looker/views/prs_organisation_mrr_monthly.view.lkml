# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_organisation_mrr_monthly {
  sql_table_name: prs_growth.prs_organisation_mrr_monthly ;;
  label: "Organisation MRR monthly"

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

  dimension: is_paying {
    label: "Is paying"
    description: "Pays something at the end of the month"
    type: yesno
    sql: ${TABLE}.is_paying ;;
  }

  dimension: is_active {
    label: "Is active"
    description: "Has any term at the end of the month, a trial or a free one too"
    type: yesno
    sql: ${TABLE}.is_active ;;
  }

  measure: mrr_eur {
    label: "MRR (EUR)"
    description: "Seats times monthly price of all terms that run at the end of the month, without trials. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.mrr_eur) end ;;
  }

  measure: opening_mrr_eur {
    label: "Opening MRR (EUR)"
    description: "The same a month before. Empty where several values of 'Month' come together"
    type: number
    value_format_name: eur
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) then sum(${TABLE}.opening_mrr_eur) end ;;
  }

  measure: new_mrr_eur {
    label: "New MRR (EUR)"
    description: "Of an organisation that pays for the first time"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.new_mrr_eur ;;
  }

  measure: reactivation_mrr_eur {
    label: "Reactivation MRR (EUR)"
    description: "Of an organisation that paid once and not a month before"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.reactivation_mrr_eur ;;
  }

  measure: expansion_mrr_eur {
    label: "Expansion MRR (EUR)"
    description: "What an organisation that paid a month before pays more"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.expansion_mrr_eur ;;
  }

  measure: contraction_mrr_eur {
    label: "Contraction MRR (EUR)"
    description: "What an organisation that still pays pays less"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.contraction_mrr_eur ;;
  }

  measure: churned_mrr_eur {
    label: "Churned MRR (EUR)"
    description: "What an organisation paid that pays nothing any more"
    type: sum
    value_format_name: eur
    sql: ${TABLE}.churned_mrr_eur ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.month, ${TABLE}.organisation_id)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.opening_mrr_eur + ${TABLE}.new_mrr_eur + ${TABLE}.reactivation_mrr_eur + ${TABLE}.expansion_mrr_eur - ${TABLE}.contraction_mrr_eur - ${TABLE}.churned_mrr_eur = ${TABLE}.mrr_eur)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (num_nonnulls( nullif(${TABLE}.new_mrr_eur, 0), nullif(${TABLE}.reactivation_mrr_eur, 0), nullif(${TABLE}.expansion_mrr_eur, 0), nullif(${TABLE}.contraction_mrr_eur, 0), nullif(${TABLE}.churned_mrr_eur, 0) ) <= 1)) ;;
  }

  measure: rows_that_break_rule_3 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (least( ${TABLE}.new_mrr_eur, ${TABLE}.reactivation_mrr_eur, ${TABLE}.expansion_mrr_eur, ${TABLE}.contraction_mrr_eur, ${TABLE}.churned_mrr_eur ) >= 0)) ;;
  }

  measure: rows_that_break_rule_4 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.is_paying = (${TABLE}.mrr_eur > 0))) ;;
  }

  measure: rows_that_break_rule_5 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.is_active or not ${TABLE}.is_paying)) ;;
  }
}
