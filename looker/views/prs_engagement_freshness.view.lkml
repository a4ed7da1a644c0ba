# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

view: prs_engagement_freshness {
  sql_table_name: prs_engagement.prs_engagement_freshness ;;
  label: "Freshness"

  dimension: pk1_publication {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.publication ;;
  }

  dimension: publication {
    label: "Publication"
    description: "The number of the publication"
    type: number
    sql: ${TABLE}.publication ;;
  }

  dimension: freshness {
    label: "Freshness"
    description: "Whether the promise is kept: fresh, late, or held back after a mistake"
    type: string
    suggestions: ["fresh", "late", "held back"]
    sql: ${TABLE}.freshness ;;
  }

  dimension: promised_freshness {
    label: "Promised freshness"
    description: "How old the data may be"
    type: string
    sql: ${TABLE}.promised_freshness::text ;;
  }

  dimension: watermarks {
    label: "Watermarks"
    description: "Up to when each source is known, as JSON"
    type: string
    sql: ${TABLE}.watermarks::text ;;
  }

  dimension_group: published {
    label: "Published"
    description: "When this publication became visible"
    type: time
    timeframes: [raw, time, date]
    datatype: timestamp
    sql: ${TABLE}.published_at ;;
  }

  dimension_group: data_as_of {
    label: "Data as of"
    description: "Up to when all needed sources are known"
    type: time
    timeframes: [raw, time, date]
    datatype: timestamp
    sql: ${TABLE}.data_as_of ;;
  }

  measure: fresh_publications {
    hidden: yes
    type: number
    sql: count(*) filter (where ${TABLE}.freshness = 'fresh') ;;
  }
}
