# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_ticket_resolution_monthly {
  sql_table_name: prs_support.prs_ticket_resolution_monthly ;;
  label: "Ticket resolution monthly"

  dimension: pk2_month {
    hidden: yes
    type: date
    datatype: date
    convert_tz: no
    sql: ${TABLE}.month ;;
  }

  dimension: pk2_agent_id {
    hidden: yes
    type: string
    sql: ${TABLE}.agent_id ;;
  }

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: row(${pk2_month}, ${pk2_agent_id})::text ;;
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

  dimension: agent_id {
    label: "Agent id"
    description: "The support desk's own identifier, or all"
    type: string
    sql: ${TABLE}.agent_id ;;
  }

  dimension: is_complete_month {
    label: "Is complete month"
    description: "The month is over"
    type: yesno
    sql: ${TABLE}.is_complete_month ;;
  }

  dimension: median_first_reply_minutes {
    label: "Median first reply minutes"
    description: "Over tickets opened in the month and answered. It cannot be added up"
    type: number
    value_format_name: decimal_2
    sql: ${TABLE}.median_first_reply_minutes ;;
  }

  dimension: p90_first_reply_minutes {
    label: "P90 first reply minutes"
    description: "Over tickets opened in the month and answered. It cannot be added up"
    type: number
    value_format_name: decimal_2
    sql: ${TABLE}.p90_first_reply_minutes ;;
  }

  dimension: median_resolution_minutes {
    label: "Median resolution minutes"
    description: "Over tickets solved in the month from their creation. It cannot be added up"
    type: number
    value_format_name: decimal_2
    sql: ${TABLE}.median_resolution_minutes ;;
  }

  measure: opened_tickets {
    label: "Opened tickets"
    description: "Opened in the month. Empty where several values of 'Agent id' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.agent_id) = max(${TABLE}.agent_id) then sum(${TABLE}.opened_tickets) end ;;
  }

  measure: solved_tickets {
    label: "Solved tickets"
    description: "Solved in the month. Empty where several values of 'Agent id' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.agent_id) = max(${TABLE}.agent_id) then sum(${TABLE}.solved_tickets) end ;;
  }

  measure: backlog_tickets {
    label: "Backlog tickets"
    description: "Opened by the end of the month and not solved by then. Empty where several values of 'Month' or 'Agent id' come together"
    type: number
    value_format_name: decimal_0
    required_fields: [month]
    sql: case when min(${TABLE}.month) = max(${TABLE}.month) and min(${TABLE}.agent_id) = max(${TABLE}.agent_id) then sum(${TABLE}.backlog_tickets) end ;;
  }

  measure: reopened_tickets {
    label: "Reopened tickets"
    description: "Opened in the month and reopened since. Empty where several values of 'Agent id' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.agent_id) = max(${TABLE}.agent_id) then sum(${TABLE}.reopened_tickets) end ;;
  }

  measure: tickets_from_seat_holders {
    label: "Tickets from seat holders"
    description: "Opened in the month by an account user who held a seat then. Empty where several values of 'Agent id' come together"
    type: number
    value_format_name: decimal_0
    sql: case when min(${TABLE}.agent_id) = max(${TABLE}.agent_id) then sum(${TABLE}.tickets_from_seat_holders) end ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct (${TABLE}.month, ${TABLE}.agent_id)) ;;
  }

  measure: rows_that_break_rule_1 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (greatest(${TABLE}.reopened_tickets, ${TABLE}.tickets_from_seat_holders) <= ${TABLE}.opened_tickets)) ;;
  }

  measure: rows_that_break_rule_2 {
    hidden: yes
    type: number
    sql: count(*) filter (where not (${TABLE}.backlog_tickets >= 0)) ;;
  }
}
