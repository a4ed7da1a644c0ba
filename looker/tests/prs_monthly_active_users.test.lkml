# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_monthly_active_users.explore.lkml"

test: prs_monthly_active_users_key_is_unique {
  explore_source: prs_monthly_active_users {
    column: rows_with_a_key_twice {
      field: prs_monthly_active_users.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_monthly_active_users.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_monthly_active_users_active_holders_hold_seats {
  explore_source: prs_monthly_active_users {
    column: rows_that_break_rule_1 {
      field: prs_monthly_active_users.rows_that_break_rule_1
    }
  }

  assert: active_holders_hold_seats {
    expression: ${prs_monthly_active_users.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_monthly_active_users_nobody_holds_a_seat_of_no_type {
  explore_source: prs_monthly_active_users {
    column: rows_that_break_rule_2 {
      field: prs_monthly_active_users.rows_that_break_rule_2
    }
  }

  assert: nobody_holds_a_seat_of_no_type {
    expression: ${prs_monthly_active_users.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_monthly_active_users_active_holders_of_all_types_are_active_users {
  explore_source: prs_monthly_active_users {
    column: rows_that_break_rule_3 {
      field: prs_monthly_active_users.rows_that_break_rule_3
    }
  }

  assert: active_holders_of_all_types_are_active_users {
    expression: ${prs_monthly_active_users.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_monthly_active_users_a_budget_is_of_all_together {
  explore_source: prs_monthly_active_users {
    column: rows_that_break_rule_4 {
      field: prs_monthly_active_users.rows_that_break_rule_4
    }
  }

  assert: a_budget_is_of_all_together {
    expression: ${prs_monthly_active_users.rows_that_break_rule_4} = 0 ;;
  }
}
