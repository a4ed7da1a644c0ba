# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_growth_restatements {
  sql_table_name: prs_growth.prs_growth_restatements ;;
  label: "Restatements"

  dimension: pk1_restatement_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.restatement_id ;;
  }

  dimension: publication {
    label: "Publication"
    description: "The number of the publication that changed the cell"
    type: number
    sql: ${TABLE}.publication ;;
  }

  dimension: relation {
    label: "Table"
    description: "The table that the row is of"
    type: string
    sql: ${TABLE}.relation ;;
  }

  dimension: key {
    label: "Key"
    description: "The key of the row, as JSON; personal parts are masked"
    type: string
    sql: ${TABLE}.key::text ;;
  }

  dimension: column_name {
    label: "Column"
    description: "The column of the cell"
    type: string
    sql: ${TABLE}.column_name ;;
  }

  dimension: old_value {
    label: "Old value"
    description: "What was published before"
    type: string
    sql: ${TABLE}.old_value ;;
  }

  dimension: new_value {
    label: "New value"
    description: "What is published now; empty where the row is gone"
    type: string
    sql: ${TABLE}.new_value ;;
  }

  dimension: is_row_gone {
    label: "Is row gone"
    description: "The whole row is no longer there"
    type: yesno
    sql: ${TABLE}.is_row_gone ;;
  }

  dimension: cause {
    label: "Cause"
    description: "Sources and contracts that changed since the publication before, as far as known: JSON"
    type: string
    sql: ${TABLE}.cause::text ;;
  }

  dimension_group: published {
    label: "Published"
    description: "When the change was published"
    type: time
    timeframes: [raw, time, date]
    datatype: timestamp
    sql: ${TABLE}.published_at ;;
  }

  measure: restated_cells {
    label: "Restated cells"
    type: number
    description: "Cells of complete rows that changed"
    sql: count(*) ;;
  }

  measure: rows_with_a_key_twice {
    hidden: yes
    type: number
    sql: count(*) - count(distinct ${TABLE}.restatement_id) ;;
  }
}
