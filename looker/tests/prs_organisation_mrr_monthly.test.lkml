# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_organisation_mrr_monthly.explore.lkml"

test: prs_organisation_mrr_monthly_key_is_unique {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_with_a_key_twice {
      field: prs_organisation_mrr_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_organisation_mrr_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_organisation_mrr_monthly_money_rolls_forward {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_that_break_rule_1 {
      field: prs_organisation_mrr_monthly.rows_that_break_rule_1
    }
  }

  assert: money_rolls_forward {
    expression: ${prs_organisation_mrr_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_organisation_mrr_monthly_movements_exclude_each_other {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_that_break_rule_2 {
      field: prs_organisation_mrr_monthly.rows_that_break_rule_2
    }
  }

  assert: movements_exclude_each_other {
    expression: ${prs_organisation_mrr_monthly.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_organisation_mrr_monthly_no_movement_is_negative {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_that_break_rule_3 {
      field: prs_organisation_mrr_monthly.rows_that_break_rule_3
    }
  }

  assert: no_movement_is_negative {
    expression: ${prs_organisation_mrr_monthly.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_organisation_mrr_monthly_who_pays_pays_more_than_nothing {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_that_break_rule_4 {
      field: prs_organisation_mrr_monthly.rows_that_break_rule_4
    }
  }

  assert: who_pays_pays_more_than_nothing {
    expression: ${prs_organisation_mrr_monthly.rows_that_break_rule_4} = 0 ;;
  }
}

test: prs_organisation_mrr_monthly_who_pays_has_a_term {
  explore_source: prs_organisation_mrr_monthly {
    column: rows_that_break_rule_5 {
      field: prs_organisation_mrr_monthly.rows_that_break_rule_5
    }
  }

  assert: who_pays_has_a_term {
    expression: ${prs_organisation_mrr_monthly.rows_that_break_rule_5} = 0 ;;
  }
}
