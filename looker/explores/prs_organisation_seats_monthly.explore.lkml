# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_organisation_seats_monthly.view.lkml"

explore: prs_organisation_seats_monthly {
  label: "Seats by organisation"
  group_label: "Growth"
  description: "How many of the seats that an organisation bought are given to somebody, and used? (one row per organisation and month, from the month of its first term on)"
  persist_with: prs_growth_publication
}
