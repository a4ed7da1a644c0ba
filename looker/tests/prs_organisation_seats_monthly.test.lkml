# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_organisation_seats_monthly.explore.lkml"

test: prs_organisation_seats_monthly_key_is_unique {
  explore_source: prs_organisation_seats_monthly {
    column: rows_with_a_key_twice {
      field: prs_organisation_seats_monthly.rows_with_a_key_twice
    }
  }

  assert: key_is_unique {
    expression: ${prs_organisation_seats_monthly.rows_with_a_key_twice} = 0 ;;
  }
}

test: prs_organisation_seats_monthly_a_seat_is_active_that_is_assigned {
  explore_source: prs_organisation_seats_monthly {
    column: rows_that_break_rule_1 {
      field: prs_organisation_seats_monthly.rows_that_break_rule_1
    }
  }

  assert: a_seat_is_active_that_is_assigned {
    expression: ${prs_organisation_seats_monthly.rows_that_break_rule_1} = 0 ;;
  }
}

test: prs_organisation_seats_monthly_a_seat_too_many_is_above_what_was_purchased {
  explore_source: prs_organisation_seats_monthly {
    column: rows_that_break_rule_2 {
      field: prs_organisation_seats_monthly.rows_that_break_rule_2
    }
  }

  assert: a_seat_too_many_is_above_what_was_purchased {
    expression: ${prs_organisation_seats_monthly.rows_that_break_rule_2} = 0 ;;
  }
}

test: prs_organisation_seats_monthly_a_seat_with_a_holder_has_a_teacher {
  explore_source: prs_organisation_seats_monthly {
    column: rows_that_break_rule_3 {
      field: prs_organisation_seats_monthly.rows_that_break_rule_3
    }
  }

  assert: a_seat_with_a_holder_has_a_teacher {
    expression: ${prs_organisation_seats_monthly.rows_that_break_rule_3} = 0 ;;
  }
}

test: prs_organisation_seats_monthly_teachers_have_one_main_school_each {
  explore_source: prs_organisation_seats_monthly {
    column: rows_that_break_rule_4 {
      field: prs_organisation_seats_monthly.rows_that_break_rule_4
    }
  }

  assert: teachers_have_one_main_school_each {
    expression: ${prs_organisation_seats_monthly.rows_that_break_rule_4} = 0 ;;
  }
}
