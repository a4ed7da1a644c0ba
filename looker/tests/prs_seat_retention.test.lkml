# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_seat_retention.explore.lkml"

test: prs_seat_retention_key_is_unique {
  explore_source: prs_seat_retention {
    column: rows_with_a_key_twice {
      field: prs_seat_retention.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_seat_retention.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_seat_retention_a_cohort_has_a_teacher {
  explore_source: prs_seat_retention {
    column: rows_that_break_rule_1 {
      field: prs_seat_retention.rows_that_break_rule_1
    }
  }

  assert: a_cohort_has_a_teacher {
    expression: ${prs_seat_retention.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_seat_retention_cohorts_move_together {
  explore_source: prs_seat_retention {
    column: rows_that_break_rule_2 {
      field: prs_seat_retention.rows_that_break_rule_2
    }
  }

  assert: cohorts_move_together {
    expression: ${prs_seat_retention.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_seat_retention_everybody_holds_a_seat_in_their_first_period {
  explore_source: prs_seat_retention {
    column: rows_that_break_rule_3 {
      field: prs_seat_retention.rows_that_break_rule_3
    }
  }

  assert: everybody_holds_a_seat_in_their_first_period {
    expression: ${prs_seat_retention.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_seat_retention_who_is_active_is_retained_and_of_the_cohort {
  explore_source: prs_seat_retention {
    column: rows_that_break_rule_4 {
      field: prs_seat_retention.rows_that_break_rule_4
    }
  }

  assert: who_is_active_is_retained_and_of_the_cohort {
    expression: ${prs_seat_retention.rows_that_break_rule_4} = 0 ;;
  }
}
