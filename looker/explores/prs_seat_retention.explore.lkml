# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_seat_retention.view.lkml"

explore: prs_seat_retention {
  label: "Seat retention"
  group_label: "Engagement"
  description: "Of the teachers whose first seat began together, how many still hold one, and use the product? (one row per unit of time, cohort and period since the cohort began)"
  persist_with: prs_engagement_publication
}
