# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/views/prs_ticket_resolution_monthly.view.lkml"

explore: prs_ticket_resolution_monthly {
  label: "Ticket resolution monthly"
  group_label: "Support"
  description: "How many requests for help came in, and how quickly were they answered and solved? (one row per month and agent, and per month for all agents together)"
  persist_with: prs_support_publication
}
