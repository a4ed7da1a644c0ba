# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_campaign_funnel_monthly {
  sql_table_name: prs_acquisition.prs_campaign_funnel_monthly ;;
  label: "Campaign funnel monthly"

  dimension: pk3_month {
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: pk3_attribution {
    hidden: yes
    type: string
    sql: ${TABLE}.attribution ;;
  }

  dimension: pk3_campaign_id {
    hidden: yes
    type: string
    sql: ${TABLE}.campaign_id ;;
  }

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: row(${pk3_month}, ${pk3_attribution}, ${pk3_campaign_id})::text ;;
  }

  dimension: month {
    group_label: "Month"
    label: "Month"
    description: "The first day of the month of a visitor's earliest engagement event"
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

  dimension: attribution {
    label: "Attribution"
    description: "Whether the campaign of a visitor's earliest event counts, or of the last event with one before sign-up"
    type: string
    suggestions: ["first_touch", "last_touch"]
    sql: ${TABLE}.attribution ;;
  }

  dimension: campaign_id {
    label: "Campaign id"
    description: "The marketing tool's own identifier; direct for no campaign, or one that marketing does not know"
    type: string
    sql: ${TABLE}.campaign_id ;;
  }

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  dimension: is_settled {
    label: "Is settled"
    description: "91 days have passed since the month's end: who did not sign up or get a seat by then does not count"
    type: yesno
    sql: ${TABLE}.is_settled ;;
  }

  measure: web_users {
    label: "Web users"
    description: "Visitors, all browsers of one account user together. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.attribution) = max(${TABLE}.attribution) then sum(${TABLE}.web_users) end ;;
  }

  measure: signed_up {
    label: "Signed up"
    description: "Of these, who signed up within 30 days of their earliest event. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.attribution) = max(${TABLE}.attribution) then sum(${TABLE}.signed_up) end ;;
  }

  measure: seated {
    label: "Seated"
    description: "Of those who signed up, who held a seat within 90 days of their earliest event. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.attribution) = max(${TABLE}.attribution) then sum(${TABLE}.seated) end ;;
  }

  measure: sign_up_rate {
    label: "Sign up rate"
    description: "Who signed up, of the visitors. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${signed_up} / nullif(${web_users}, 0) ;;
  }

  measure: seat_rate {
    label: "Seat rate"
    description: "Who got a seat, of the visitors. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: percent_1
    sql: 1.0 * ${seated} / nullif(${web_users}, 0) ;;
  }

  measure: cost_eur {
    label: "Cost (EUR)"
    description: "What the campaign cost in the month; empty on last_touch. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: eur
    sql: case when min(${TABLE}.attribution) = max(${TABLE}.attribution) then sum(${TABLE}.cost_eur) end ;;
  }

  measure: cost_per_sign_up_eur {
    label: "Cost per sign up (EUR)"
    description: "What one sign-up cost; empty on last_touch. Empty where several values of 'Attribution' come together"
    type: number
    value_format_name: eur
    sql: 1.0 * ${cost_eur} / nullif(${signed_up}, 0) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.month, ${TABLE}.attribution, ${TABLE}.campaign_id)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.seated between 0 and ${TABLE}.signed_up and ${TABLE}.signed_up <= ${TABLE}.web_users)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not ((${TABLE}.cost_eur is null) = (${TABLE}.attribution = 'last_touch'))) ;;
  }
}
