# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_ticket_resolution_monthly.explore.lkml"

test: prs_ticket_resolution_monthly_key_is_unique {
  explore_source: prs_ticket_resolution_monthly {
    column: rows_with_a_key_twice {
      field: prs_ticket_resolution_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_ticket_resolution_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_ticket_resolution_monthly_what_is_counted_of_the_opened_was_opened {
  explore_source: prs_ticket_resolution_monthly {
    column: rows_that_break_rule_1 {
      field: prs_ticket_resolution_monthly.rows_that_break_rule_1
    }
  }

  assert: what_is_counted_of_the_opened_was_opened {
    expression: ${prs_ticket_resolution_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_ticket_resolution_monthly_no_backlog_is_negative {
  explore_source: prs_ticket_resolution_monthly {
    column: rows_that_break_rule_2 {
      field: prs_ticket_resolution_monthly.rows_that_break_rule_2
    }
  }

  assert: no_backlog_is_negative {
    expression: ${prs_ticket_resolution_monthly.rows_that_break_rule_2} = 0 ;;
  }
}
