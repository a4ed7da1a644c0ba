# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_renewals_monthly.explore.lkml"

test: prs_renewals_monthly_key_is_unique {
  explore_source: prs_renewals_monthly {
    column: rows_with_a_key_twice {
      field: prs_renewals_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_renewals_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_renewals_monthly_what_is_due_is_renewed_pending_or_lapsed {
  explore_source: prs_renewals_monthly {
    column: rows_that_break_rule_1 {
      field: prs_renewals_monthly.rows_that_break_rule_1
    }
  }

  assert: what_is_due_is_renewed_pending_or_lapsed {
    expression: ${prs_renewals_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_renewals_monthly_the_renewed_and_the_lapsed_are_decided {
  explore_source: prs_renewals_monthly {
    column: rows_that_break_rule_2 {
      field: prs_renewals_monthly.rows_that_break_rule_2
    }
  }

  assert: the_renewed_and_the_lapsed_are_decided {
    expression: ${prs_renewals_monthly.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_renewals_monthly_nothing_settled_is_pending {
  explore_source: prs_renewals_monthly {
    column: rows_that_break_rule_3 {
      field: prs_renewals_monthly.rows_that_break_rule_3
    }
  }

  assert: nothing_settled_is_pending {
    expression: ${prs_renewals_monthly.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_renewals_monthly_of_what_is_due_no_more_is_decided {
  explore_source: prs_renewals_monthly {
    column: rows_that_break_rule_4 {
      field: prs_renewals_monthly.rows_that_break_rule_4
    }
  }

  assert: of_what_is_due_no_more_is_decided {
    expression: ${prs_renewals_monthly.rows_that_break_rule_4} = 0 ;;
  }
}

test: prs_renewals_monthly_shares_are_between_none_and_all {
  explore_source: prs_renewals_monthly {
    column: rows_that_break_rule_5 {
      field: prs_renewals_monthly.rows_that_break_rule_5
    }
  }

  assert: shares_are_between_none_and_all {
    expression: ${prs_renewals_monthly.rows_that_break_rule_5} = 0 ;;
  }
}
